with actuals as (
    select service_provider_name, billing_currency, charge_date, sum(effective_cost) as cost
    from {{ ref('fct_daily_costs') }}
    where charge_category = 'Usage'
    group by service_provider_name, billing_currency, charge_date
),

come_true as (
    select made.*, cast(made.ds - made.cutoff as integer) as lead_days
    from {{ ref('int_forecasts__made') }} as made
    inner join {{ ref('int_forecasts__complete_days') }} as complete
        on made.service_provider_name = complete.service_provider_name
        and made.ds <= complete.complete_through
)

select
    come_true.series_id,
    come_true.service_provider_name,
    come_true.billing_currency,
    come_true.as_of,
    come_true.cutoff,
    come_true.model,
    come_true.ds,
    come_true.lead_days,
    come_true.p50,
    come_true.p10,
    come_true.p90,
    come_true.p025,
    come_true.p975,
    {{ money('coalesce(actuals.cost, 0)') }} as actual_cost,
    {{ money('come_true.p50 - coalesce(actuals.cost, 0)') }} as error_cost,
    {{ money('coalesce(usual.cost, 0)') }} as naive_cost,
    coalesce(actuals.cost, 0) between come_true.p10 and come_true.p90 as is_inside_80,
    coalesce(actuals.cost, 0) between come_true.p025 and come_true.p975 as is_inside_95
from come_true
left join actuals
    on come_true.service_provider_name = actuals.service_provider_name
    and come_true.billing_currency = actuals.billing_currency
    and come_true.ds = actuals.charge_date
-- Seasonal naive: what the same weekday cost in the last week that was known.
left join actuals as usual
    on come_true.service_provider_name = usual.service_provider_name
    and come_true.billing_currency = usual.billing_currency
    and usual.charge_date = come_true.cutoff - 6 + (come_true.lead_days - 1) % 7
