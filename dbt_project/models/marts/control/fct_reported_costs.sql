-- States that no build has seen, since a later version came first, are conformed afterwards (replayed).
{%- set key = 'state_id, x_feed, x_export, x_billing_period, service_provider_name, billing_account_id, '
    ~ 'billing_currency, charge_category, service_name' %}
with every_day as (
    select {{ key }}, billed_cost, effective_cost
    from {{ ref('int_ledger__reported_costs') }}
    union all
    select {{ key }}, billed_cost, effective_cost
    from {{ ref('stg_platform__replayed_costs') }}
    where state_id not in (select state_id from {{ ref('int_ledger__reported_costs') }})
),

costs as (
    select
        {{ key }},
        {{ money('sum(billed_cost)') }} as billed_cost,
        {{ money('sum(effective_cost)') }} as effective_cost
    from every_day
    group by {{ key }}
)

select
    costs.x_feed,
    costs.x_export,
    costs.x_billing_period,
    states.reported_from,
    states.reported_until,
    costs.service_provider_name,
    costs.billing_account_id,
    costs.billing_currency,
    costs.charge_category,
    costs.service_name,
    costs.billed_cost,
    costs.effective_cost
from costs
inner join {{ ref('int_ledger__reported_states') }} as states
    on costs.state_id = states.state_id and costs.x_feed = states.x_feed and costs.x_export = states.x_export
