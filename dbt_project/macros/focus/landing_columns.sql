{#- The landing's columns that every charge keeps: the way back to one line of one file. -#}
{% macro landing_columns() -%}
    x_feed,
    x_export,
    x_billing_period,
    x_landing_id,
    x_source_file,
    x_source_row_number
{%- endmacro %}
