{#- The first moment of a period written 'YYYY-MM'. -#}
{% macro period_start(period) -%}
    cast({{ period }} || '-01' as timestamp)
{%- endmacro %}

{#- The first moment after it. -#}
{% macro month_end(period) -%}
    {{ period_start(period) }} + interval '1 month'
{%- endmacro %}
