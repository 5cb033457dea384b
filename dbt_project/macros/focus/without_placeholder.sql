{#-
    Null where a text says that there is no value; FOCUS has no other way to say it. Two short lists, since DuckDB
    makes a hash join of each list of six or more, and there are forty such columns.
-#}
{% macro without_placeholder(column) -%}
    case
        when
            lower(trim({{ column }})) not in ('', 'null', 'n/a')
            and lower(trim({{ column }})) not in ('nan', 'none', 'not applicable')
            then {{ column }}
    end
{%- endmacro %}
