-- A day of a total has come true once it has for all of its parts.
with parts as (
    select
        billing_currency,
        as_of,
        ds,
        count(*) as parts,
        min(cutoff) as cutoff,
        max(lead_days) as lead_days,
        sum(actual_cost) as actual_cost,
        sum(naive_cost) as naive_cost
    from {{ ref('fct_forecast_outcomes') }}
    group by billing_currency, as_of, ds
)

select
    totals.billing_currency,
    totals.as_of,
    parts.cutoff,
    totals.ds,
    parts.lead_days,
    totals.parts,
    totals.p50,
    totals.p10,
    totals.p90,
    totals.p025,
    totals.p975,
    {{ money('parts.actual_cost') }} as actual_cost,
    {{ money('totals.p50 - parts.actual_cost') }} as error_cost,
    {{ money('parts.naive_cost') }} as naive_cost,
    parts.actual_cost between totals.p10 and totals.p90 as is_inside_80,
    parts.actual_cost between totals.p025 and totals.p975 as is_inside_95
from {{ ref('int_forecasts__totals_made') }} as totals
inner join parts
    on totals.billing_currency = parts.billing_currency
    and totals.as_of = parts.as_of and totals.ds = parts.ds and totals.parts = parts.parts
