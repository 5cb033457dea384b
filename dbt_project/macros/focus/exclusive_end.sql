{#- The end of a period that some vendors' files give as its last second: 15:59:59 is 16:00:00. -#}
{% macro exclusive_end(column) -%}
    case
        when extract(minute from {{ column }}) = 59 and extract(second from {{ column }}) >= 59
            then date_trunc('hour', {{ column }} + interval '1 second')
        else {{ column }}
    end
{%- endmacro %}
