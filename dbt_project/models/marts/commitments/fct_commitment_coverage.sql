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
        sum(case when commitment_discount_status = 'Used' then 0 else contracted_cost end) as uncovered_cost,
        count(case when commitment_discount_status = 'Used' then 1 end) as covered_rows
    from {{ ref('fct_focus_charges') }}
    where charge_category = 'Usage'
        and (pricing_category = 'Standard' or commitment_discount_status = 'Used')
    group by
        cast(date_trunc('month', charge_period_start) as date), service_provider_name, sub_account_id,
        service_name, billing_currency
),

ever as (
    select
        *,
        sum(covered_rows) over (partition by service_provider_name, service_name) as covered_rows_ever
    from usage_costs
)

select
    charge_month,
    service_provider_name,
    sub_account_id,
    service_name,
    billing_currency,
    {{ money('covered_cost') }} as covered_cost,
    {{ money('uncovered_cost') }} as uncovered_cost,
    {{ exact_ratio('covered_cost', 'covered_cost + uncovered_cost') }}
        as covered_share
from ever
where covered_rows_ever > 0
