{#- One of FOCUS's own values, whatever the case it is written in (Google's view writes `correction`); else null. -#}
{% macro known_value(column, values) -%}
    case lower({{ column }})
        {%- for value in values %} when '{{ value | lower }}' then '{{ value }}'{% endfor %} end
{%- endmacro %}
