{#- billed_cost -> BilledCost, x_invoice_month -> x_InvoiceMonth. -#}
{% macro pascal_case(column) -%}
    {%- set custom = column.startswith('x_') -%}
    {{ return(('x_' if custom else '') ~ (column[2:] if custom else column) | replace('_', ' ') | title | replace(' ', '')) }}
{%- endmacro %}
