{#-
    The end of a month that some files give as its last day (Google's view) or its last second. A month that began on
    its first, by the file's own clock, does not end on its last day.
-#}
{% macro billing_period_end(first, last) -%}
    case
        when extract(day from {{ first }}) = 1
            and date_trunc('month', {{ last }}) = date_trunc('month', {{ first }})
            and extract(day from {{ last }} + interval '1 day') = 1
            and {{ exclusive_end(last) }} = {{ last }}
            then {{ last }} + interval '1 day'
        else {{ exclusive_end(last) }}
    end
{%- endmacro %}
