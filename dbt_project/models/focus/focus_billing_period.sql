{{ config(materialized='view') }}
{%- set columns = [
    'billing_period_created',
    'billing_period_end',
    'billing_period_last_updated',
    'billing_period_start',
    'billing_period_status',
    'invoice_issuer_name',
    'x_period_status'
] %}
select
    {%- for column in columns %}
    {{ column }} as "{{ pascal_case(column) }}"{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('fct_billing_periods') }}
