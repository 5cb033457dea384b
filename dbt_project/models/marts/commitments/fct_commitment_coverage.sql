-- How much of the usage of services that commitments cover was covered, both at negotiated prices: effective
-- costs of covered usage and of what is paid as it comes do not compare.
with usage_costs as (
    select
        cast(date_trunc('month', charge_period_start) as date) as charge_month,
        service_provider_name,
        sub_account_id,
        service_name,
        billing_currency,
        sum(case when commitment_discount_status = 'Used' then contracted_cost else 0 end) as covered_cost,
        sum(case when commitment_discount_status = 'Used' then 0 else contracted_cost end) as uncovered_cost
    from {{ ref('fct_focus_charges') }}
    where charge_category = 'Usage'
        and (pricing_category = 'Standard' or commitment_discount_status = 'Used')
    group by
        cast(date_trunc('month', charge_period_start) as date), service_provider_name, sub_account_id,
        service_name, billing_currency
),

committed as (
    select distinct service_provider_name, service_name
    from {{ ref('fct_focus_charges') }}
    where commitment_discount_status = 'Used'
)

select
    usage_costs.charge_month,
    usage_costs.service_provider_name,
    usage_costs.sub_account_id,
    usage_costs.service_name,
    usage_costs.billing_currency,
    {{ money('usage_costs.covered_cost') }} as covered_cost,
    {{ money('usage_costs.uncovered_cost') }} as uncovered_cost,
    {{ exact_ratio('usage_costs.covered_cost', 'usage_costs.covered_cost + usage_costs.uncovered_cost') }}
        as covered_share
from usage_costs
inner join committed
    on usage_costs.service_provider_name = committed.service_provider_name
    and usage_costs.service_name = committed.service_name
