-- What the bill has in each window. A month is one of 730 hours, as estimates have it; what is priced by the
-- month costs a day as many parts of its price as that month has days.
{%- set month = "cast(date_trunc('month', charges.charge_period_start) as timestamp)" %}
with charges as (
    select
        resources.decision_id,
        resources.address,
        charges.billing_currency,
        cast(charges.charge_period_start as date) as charge_date,
        charges.charge_period_end > charges.charge_period_start + interval '1 day' as is_long,
        charges.effective_cost,
        case
            when charges.pricing_category = 'Committed' then charges.contracted_cost
            else charges.effective_cost
        end as uncovered_cost,
        cast(case
            when {{ matches("lower(coalesce(charges.pricing_unit, ''))", '(^|[^a-z])mo(nths?)?([^a-z]|$)') }}
                then 24 * extract(day from {{ month }} + interval '1 month' - interval '1 day')
            else 730
        end as numeric(6, 0)) as monthly_hours
    from {{ ref('int_estimates__billed_resources') }} as resources
    inner join {{ ref('fct_focus_charges') }} as charges
        on resources.service_provider_name = charges.service_provider_name
        and resources.resource_id = charges.resource_id
    where charges.charge_category = 'Usage'
)

select
    windows.decision_id,
    windows.address,
    windows.horizon_days,
    charges.billing_currency,
    cast(count(distinct charges.charge_date) as integer) as days_billed,
    max(charges.charge_date) as last_billed_day,
    max(case when charges.is_long then 1 else 0 end) = 1 as has_long_charges,
    {{ money('sum(charges.uncovered_cost)') }} as uncovered_cost,
    {{ money('sum(charges.effective_cost)') }} as effective_cost,
    {{ exact_ratio('sum(charges.uncovered_cost * charges.monthly_hours)', '24 * windows.horizon_days') }}
        as uncovered_monthly_cost,
    {{ exact_ratio('sum(charges.effective_cost * charges.monthly_hours)', '24 * windows.horizon_days') }}
        as effective_monthly_cost
from {{ ref('int_estimates__windows') }} as windows
inner join charges
    on windows.decision_id = charges.decision_id
    and windows.address = charges.address
    and windows.first_day <= charges.charge_date
    and windows.end_day > charges.charge_date
group by windows.decision_id, windows.address, windows.horizon_days, charges.billing_currency
