{%- set today = 'cast(' ~ as_of_now() ~ ' as date)' %}
with outlooks as (
    select * from {{ ref('int_budgets__outlooks') }}
),

-- What is known up to the last complete day is part of the forecast; later days, still arriving, are only
-- part of what is spent.
spent as (
    select
        costs.scope,
        cast(date_trunc('month', costs.charge_date) as date) as charge_month,
        sum(costs.effective_cost) as spent_cost,
        max(costs.charge_date) as spent_through,
        sum(case when costs.charge_date > outlooks.cutoff then 0 else costs.effective_cost end) as known_cost
    from {{ ref('int_budgets__daily_costs') }} as costs
    left join outlooks
        on costs.scope = outlooks.scope
        and costs.service_provider_name = outlooks.service_provider_name
        and costs.billing_currency = outlooks.billing_currency
        and cast(date_trunc('month', costs.charge_date) as date) = outlooks.month
    group by costs.scope, date_trunc('month', costs.charge_date)
),

-- Of all providers together: bands are added up, as if all erred to the same side.
coming as (
    select
        scope,
        month as charge_month,
        sum(coming_cost) as coming_cost,
        sum(below_cost) as below_cost,
        sum(above_cost) as above_cost
    from outlooks
    group by scope, month
),

-- A month without a charge is a row as well, of 0.
months as (
    select billing_currency, cast(date_trunc('month', charge_date) as date) as charge_month
    from {{ ref('fct_daily_costs') }}
    where charge_category = 'Usage'
    union
    select billing_currency, month from outlooks
    union
    select billing_currency, cast(date_trunc('month', {{ today }}) as date)
    from {{ ref('stg_platform__budgets') }}
),

measured as (
    select
        budgets.scope,
        budgets.billing_currency,
        budgets.limit_cost,
        budgets.covers,
        months.charge_month,
        coalesce(spent.spent_cost, 0) as spent_cost,
        spent.spent_through,
        coalesce(spent.known_cost, 0) + coming.coming_cost as forecast_cost,
        coming.below_cost,
        coming.above_cost
    from {{ ref('stg_platform__budgets') }} as budgets
    inner join months on budgets.billing_currency = months.billing_currency
    left join spent on budgets.scope = spent.scope and months.charge_month = spent.charge_month
    left join coming on budgets.scope = coming.scope and months.charge_month = coming.charge_month
),

-- What is spent is not unspent by a forecast that did not see it yet.
forecast as (
    select
        scope,
        billing_currency,
        charge_month,
        case
            when charge_month > {{ today }} then 'ahead'
            when {{ stays_open('charge_month', today) }} then 'open'
            else 'closed'
        end as month_state,
        limit_cost,
        covers,
        spent_cost,
        spent_through,
        case when forecast_cost is not null then greatest(spent_cost, forecast_cost) end as forecast_cost,
        case when forecast_cost is not null then greatest(spent_cost, forecast_cost - below_cost) end
            as forecast_low_cost,
        case when forecast_cost is not null then greatest(spent_cost, forecast_cost + above_cost) end
            as forecast_high_cost
    from measured
)

select
    forecast.scope,
    billing_currency,
    charge_month,
    month_state,
    'Effective' as cost_basis,
    {{ money('limit_cost') }} as limit_cost,
    {{ money('spent_cost') }} as spent_cost,
    spent_through,
    {{ money('forecast_cost') }} as forecast_cost,
    {{ money('forecast_low_cost') }} as forecast_low_cost,
    {{ money('forecast_high_cost') }} as forecast_high_cost,
    {{ money('limit_cost - spent_cost') }} as remaining_cost,
    {{ exact_ratio('spent_cost', 'limit_cost') }} as used_share,
    case
        when spent_cost > limit_cost then 'over'
        when forecast_cost > limit_cost then 'expected_over'
        when forecast_high_cost > limit_cost then 'at_risk'
        else 'within'
    end as status,
    covers,
    unbilled.unbilled_covers,
    {{ today }} as as_of
from forecast
left join {{ ref('int_budgets__unbilled_covers') }} as unbilled on forecast.scope = unbilled.scope
