select
    cast(charge_period_start as date) as charge_date,
    service_provider_name,
    billing_account_id,
    sub_account_id,
    service_name,
    service_category,
    region_id,
    charge_category,
    billing_currency,
    {{ money('sum(billed_cost)') }} as billed_cost,
    {{ money('sum(effective_cost)') }} as effective_cost,
    {{ money('sum(contracted_cost)') }} as contracted_cost,
    {{ money('sum(list_cost)') }} as list_cost,
    count(*) as charge_count
from {{ ref('fct_focus_charges') }}
group by
    cast(charge_period_start as date), service_provider_name, billing_account_id, sub_account_id,
    service_name, service_category, region_id, charge_category, billing_currency
