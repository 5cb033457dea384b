{# Whether a month, given by its first day, has not closed by `today`: providers finish its bill until then. #}
{% macro stays_open(month, today) %}
    cast({{ month }} + interval '1 month' as date) + {{ var('month_close_days') }} > {{ today }}
{% endmacro %}
