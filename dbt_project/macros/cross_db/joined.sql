{#- Texts joined by commas; nulls are left out. Both engines spell it alike. -#}
{% macro joined(expressions) -%}
    concat_ws(',', {{ expressions | join(', ') }})
{%- endmacro %}
