{{ config(materialized='view') }}
{%- set columns = [
    'billing_currency',
    'contract_commitment_applicability',
    'contract_commitment_benefit_category',
    'contract_commitment_category',
    'contract_commitment_cost',
    'contract_commitment_created',
    'contract_commitment_description',
    'contract_commitment_discount_percentage',
    'contract_commitment_duration_type',
    'contract_commitment_fulfillment_interval',
    'contract_commitment_id',
    'contract_commitment_last_updated',
    'contract_commitment_lifecycle_status',
    'contract_commitment_model',
    'contract_commitment_offer_category',
    'contract_commitment_payment_interval',
    'contract_commitment_payment_model',
    'contract_commitment_payment_upfront_percentage',
    'contract_commitment_period_end',
    'contract_commitment_period_start',
    'contract_commitment_quantity',
    'contract_commitment_type',
    'contract_commitment_unit',
    'contract_id',
    'contract_period_end',
    'contract_period_start',
    'invoice_issuer_name',
    'pricing_currency',
    'pricing_currency_contract_commitment_cost',
    'service_provider_name',
    'x_first_charge',
    'x_last_charge'
] %}
select
    {%- for column in columns %}
    {{ column }} as "{{ pascal_case(column) }}"{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('fct_contract_commitments') }}
