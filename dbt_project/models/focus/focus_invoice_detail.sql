{{ config(materialized='view') }}
{%- set columns = [
    'billed_cost',
    'billing_account_id',
    'billing_currency',
    'billing_period_end',
    'billing_period_start',
    'charge_category',
    'invoice_detail_created',
    'invoice_detail_description',
    'invoice_detail_grain',
    'invoice_detail_id',
    'invoice_detail_last_updated',
    'invoice_id',
    'invoice_issue_date',
    'invoice_issue_status',
    'invoice_issuer_name',
    'payment_currency',
    'payment_currency_billed_cost',
    'payment_currency_invoice_detail_id',
    'payment_due_date',
    'payment_terms',
    'purchase_order_number',
    'reference_invoice_id',
    'x_charges'
] %}
select
    {%- for column in columns %}
    {{ column }} as "{{ pascal_case(column) }}"{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('fct_invoice_details') }}
