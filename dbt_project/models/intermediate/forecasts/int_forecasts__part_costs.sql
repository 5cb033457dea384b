-- Always as the charges are now, while its neighbours keep what they found. (none): billed to no account.
{{ config(materialized='view') }}
select
    'service' as level, service_name as member, service_provider_name, billing_currency,
    charge_category, charge_date, {{ money('sum(effective_cost)') }} as effective_cost
from {{ ref('fct_daily_costs') }}
group by service_name, service_provider_name, billing_currency, charge_category, charge_date
union all
select
    'account' as level, coalesce(sub_account_id, '(none)') as member, service_provider_name, billing_currency,
    charge_category, charge_date, {{ money('sum(effective_cost)') }} as effective_cost
from {{ ref('fct_daily_costs') }}
group by sub_account_id, service_provider_name, billing_currency, charge_category, charge_date
