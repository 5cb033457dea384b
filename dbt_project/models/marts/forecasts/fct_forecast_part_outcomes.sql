-- A day of a part has come true once it has for its provider; (others) is what that cost beside the named.
with actuals as (
    select level, member, service_provider_name, billing_currency, charge_date, effective_cost as cost
    from {{ ref('int_forecasts__part_costs') }}
    where charge_category = 'Usage'
),

named as (
    select
        made.*,
        wholes.cutoff,
        wholes.lead_days,
        wholes.actual_cost as whole_cost,
        wholes.naive_cost as whole_naive_cost,
        coalesce(actuals.cost, 0) as own_cost,
        coalesce(usual.cost, 0) as own_naive_cost
    from {{ ref('int_forecasts__parts_made') }} as made
    inner join {{ ref('fct_forecast_outcomes') }} as wholes
        on made.service_provider_name = wholes.service_provider_name
        and made.billing_currency = wholes.billing_currency
        and made.as_of = wholes.as_of and made.ds = wholes.ds
    left join actuals
        on made.level = actuals.level and made.member = actuals.member
        and made.service_provider_name = actuals.service_provider_name
        and made.billing_currency = actuals.billing_currency and made.ds = actuals.charge_date
    left join actuals as usual
        on made.level = usual.level and made.member = usual.member
        and made.service_provider_name = usual.service_provider_name
        and made.billing_currency = usual.billing_currency
        and usual.charge_date = wholes.cutoff - 6 + (wholes.lead_days - 1) % 7
),

known as (
    select
        *,
        case
            when member <> '(others)' then own_cost
            else whole_cost - sum(case when member <> '(others)' then own_cost else 0 end) over level_day
        end as cost,
        case
            when member <> '(others)' then own_naive_cost
            else whole_naive_cost
                - sum(case when member <> '(others)' then own_naive_cost else 0 end) over level_day
        end as usual_cost
    from named
    window level_day as (partition by level, service_provider_name, billing_currency, as_of, ds)
)

select
    level,
    member,
    series_id,
    service_provider_name,
    billing_currency,
    as_of,
    cutoff,
    model,
    ds,
    lead_days,
    p50,
    p10,
    p90,
    p025,
    p975,
    {{ money('cost') }} as actual_cost,
    {{ money('p50 - cost') }} as error_cost,
    {{ money('usual_cost') }} as naive_cost,
    cost between p10 and p90 as is_inside_80,
    cost between p025 and p975 as is_inside_95
from known
