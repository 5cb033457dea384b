{#- A key that is the same at every build of the same landed line; `part` tells apart charges made from one line. -#}
{% macro charge_id(part) -%}
    md5(
        x_feed || '|' || x_export || '|' || x_billing_period || '|' || x_source_file || '|'
        || cast(cast(x_source_row_number as bigint) as text) || '|' || {{ part }}
    )
{%- endmacro %}
