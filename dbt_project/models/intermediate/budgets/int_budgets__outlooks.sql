-- What each budget is still to pay of a month, beyond the last day that is known: its share of what the
-- provider is forecast to cost, as in its last four whole weeks.
{%- set share_days = 28 %}
{%- set today = 'cast(' ~ as_of_now() ~ ' as date)' %}
with outlooks as (
    select service_provider_name, billing_currency, month, cutoff, known_cost, p10, p50, p90
    from {{ ref('fct_month_forecasts') }}
    where charge_category = 'Usage'
        -- Older months are closed: what a provider that ended was forecast to cost in them never came.
        and {{ stays_open('month', today) }}
),

cutoffs as (
    select distinct service_provider_name, billing_currency, cutoff
    from outlooks
),

wholes as (
    select
        cutoffs.service_provider_name, cutoffs.billing_currency, cutoffs.cutoff,
        sum(daily.effective_cost) as cost
    from cutoffs
    inner join {{ ref('fct_daily_costs') }} as daily
        on cutoffs.service_provider_name = daily.service_provider_name
        and cutoffs.billing_currency = daily.billing_currency
        and cutoffs.cutoff >= daily.charge_date and cutoffs.cutoff - {{ share_days }} < daily.charge_date
    where daily.charge_category = 'Usage'
    group by cutoffs.service_provider_name, cutoffs.billing_currency, cutoffs.cutoff
),

parts as (
    select
        parts.scope, wholes.service_provider_name, wholes.billing_currency,
        greatest(0, least(1, {{ exact_ratio('sum(parts.effective_cost)', 'wholes.cost') }})) as share
    from wholes
    inner join {{ ref('int_budgets__daily_costs') }} as parts
        on wholes.service_provider_name = parts.service_provider_name
        and wholes.billing_currency = parts.billing_currency
        and wholes.cutoff >= parts.charge_date and wholes.cutoff - {{ share_days }} < parts.charge_date
    group by parts.scope, wholes.service_provider_name, wholes.billing_currency, wholes.cost
),

-- As if the parts of a bill erred independently of each other: a half is less certain than half of the whole.
shares as (
    select *, {{ money('sqrt(cast(share as double precision))') }} as band_share
    from parts
)

select
    budgets.scope,
    outlooks.service_provider_name,
    outlooks.billing_currency,
    outlooks.month,
    outlooks.cutoff,
    {{ money('(outlooks.p50 - outlooks.known_cost) * coalesce(shares.share, 0)') }} as coming_cost,
    {{ money('(outlooks.p50 - outlooks.p10) * coalesce(shares.band_share, 0)') }} as below_cost,
    {{ money('(outlooks.p90 - outlooks.p50) * coalesce(shares.band_share, 0)') }} as above_cost
from {{ ref('stg_platform__budgets') }} as budgets
inner join outlooks on budgets.billing_currency = outlooks.billing_currency
left join shares
    on budgets.scope = shares.scope
    and outlooks.service_provider_name = shares.service_provider_name
    and outlooks.billing_currency = shares.billing_currency
