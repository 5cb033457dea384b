{#- Null where a text says that there is no value; FOCUS has no other way to say it. -#}
{% macro without_placeholder(column) -%}
    case
        when lower(trim({{ column }})) not in ('', 'null', 'n/a', 'nan', 'none', 'not applicable') then {{ column }}
    end
{%- endmacro %}
