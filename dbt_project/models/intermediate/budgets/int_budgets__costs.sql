{{ config(materialized='table') }}
-- What budgets choose from: usage of each day at effective cost, shared costs split over those who pay for
-- them, with what charges are chosen by.
select
    charge_date,
    service_provider_name,
    billing_currency,
    owner,
    product,
    environment,
    service_provider_name as provider,
    coalesce(sub_account_id, billing_account_id) as account,
    service_name as service,
    {{ money('sum(effective_cost)') }} as effective_cost
from {{ ref('fct_allocated_costs') }}
where charge_category = 'Usage'
group by
    charge_date, service_provider_name, billing_currency, owner, product, environment,
    coalesce(sub_account_id, billing_account_id), service_name
