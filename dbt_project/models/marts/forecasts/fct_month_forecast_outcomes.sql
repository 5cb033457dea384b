-- A month has come true once all of its days have.
with actuals as (
    select
        service_provider_name, billing_currency, charge_category,
        cast(date_trunc('month', charge_date) as date) as month,
        sum(case when charge_category = 'Usage' then effective_cost else billed_cost end) as cost
    from {{ ref('fct_daily_costs') }}
    where charge_category in ('Usage', 'Purchase')
    group by service_provider_name, billing_currency, charge_category, date_trunc('month', charge_date)
)

select
    made.service_provider_name,
    made.billing_currency,
    made.charge_category,
    made.cost_basis,
    made.month,
    made.as_of,
    made.cutoff,
    made.known_cost,
    made.p50,
    made.p10,
    made.p90,
    made.p025,
    made.p975,
    {{ money('coalesce(actuals.cost, 0)') }} as actual_cost,
    {{ money('made.p50 - coalesce(actuals.cost, 0)') }} as error_cost,
    {{ money('coalesce(before.cost, 0)') }} as naive_cost,
    coalesce(actuals.cost, 0) between made.p10 and made.p90 as is_inside_80,
    coalesce(actuals.cost, 0) between made.p025 and made.p975 as is_inside_95
from {{ ref('int_forecasts__months_made') }} as made
inner join {{ ref('int_forecasts__complete_days') }} as complete
    on made.service_provider_name = complete.service_provider_name
    and cast(made.month + interval '1 month' as date) <= complete.complete_through + 1
left join actuals
    on made.service_provider_name = actuals.service_provider_name
    and made.billing_currency = actuals.billing_currency
    and made.charge_category = actuals.charge_category and made.month = actuals.month
-- What people do today: the last month that was whole.
left join actuals as before
    on made.service_provider_name = before.service_provider_name
    and made.billing_currency = before.billing_currency
    and made.charge_category = before.charge_category
    and before.month = cast(date_trunc('month', made.cutoff + 1) - interval '1 month' as date)
