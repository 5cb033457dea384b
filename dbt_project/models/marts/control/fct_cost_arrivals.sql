-- How a day's bill grew: what each delivery showed of it. The last delivery of a day counts, and a charge
-- only in the bill of its own month. A service that a delivery did not show yet cost nothing then, as far as
-- was known. Deliveries superseded before any build are left out: findings need not wait for their replay.
{%- set place = ['x_feed', 'x_export', 'service_provider_name', 'billing_currency', 'charge_date'] %}
with seen as (
    select
        costs.x_feed, costs.x_export, costs.service_provider_name, costs.service_name,
        costs.billing_currency, costs.charge_date,
        cast(states.reported_from as date) as seen_on,
        sum(costs.effective_cost) as effective_cost
    from {{ ref('int_ledger__reported_costs') }} as costs
    inner join {{ ref('int_ledger__reported_states') }} as states
        on costs.state_id = states.state_id
        and costs.x_feed = states.x_feed and costs.x_export = states.x_export
    where
        costs.charge_category = 'Usage'
        and costs.charge_date >= {{ period_start('costs.x_billing_period') }}
        and costs.charge_date < {{ month_end('costs.x_billing_period') }}
        and coalesce(cast(states.reported_until as date) > cast(states.reported_from as date), true)
    group by 1, 2, 3, 4, 5, 6, 7
),

deliveries as (
    select distinct {{ place | join(', ') }}, seen_on from seen
),

services as (
    select distinct {{ place | join(', ') }}, service_name from seen
)

select
    {% for column in place -%}
    deliveries.{{ column }},
    {% endfor -%}
    services.service_name,
    deliveries.seen_on,
    cast(deliveries.seen_on - deliveries.charge_date as integer) as age_days,
    {{ money('coalesce(seen.effective_cost, 0)') }} as effective_cost
from deliveries
inner join services
    on {% for column in place %}{{ 'and ' if not loop.first }}deliveries.{{ column }} = services.{{ column }}
    {% endfor -%}
left join seen
    on {% for column in place %}{{ 'and ' if not loop.first }}deliveries.{{ column }} = seen.{{ column }}
    {% endfor %}and deliveries.seen_on = seen.seen_on and services.service_name = seen.service_name
