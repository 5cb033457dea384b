-- A table: what few resources cost is asked for several times, of all charges.
{{ config(materialized='table') }}
select
    resources.plan_id,
    resources.is_target,
    charges.billing_account_id,
    charges.billing_currency,
    cast(charges.charge_period_start as date) as charge_date,
    max(case
        when charges.charge_period_end > charges.charge_period_start + interval '1 day' then 1 else 0
    end) = 1 as has_long_charges,
    {{ money('sum(charges.effective_cost)') }} as effective_cost,
    {{ money("sum(
        case when charges.pricing_category = 'Committed' then charges.effective_cost else 0 end
    )") }} as committed_cost
from {{ ref('int_savings__billed_resources') }} as resources
inner join {{ ref('fct_focus_charges') }} as charges
    on resources.service_provider_name = charges.service_provider_name
    and resources.resource_id = charges.resource_id
where charges.charge_category = 'Usage'
group by 1, 2, 3, 4, 5
