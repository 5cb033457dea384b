{#- Money and quantities: 26 digits before the point, FOCUS's 12 after it, never a float. -#}
{% macro money(expression) -%}
    cast({{ expression }} as numeric(38, 12))
{%- endmacro %}
