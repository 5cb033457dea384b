-- States that no build has seen, since a later version came first, are conformed afterwards (replayed).
with costs as (
    select * from {{ ref('int_ledger__reported_costs') }}
    union all
    select replayed.*
    from {{ ref('stg_platform__replayed_costs') }} as replayed
    where replayed.state_id not in (select state_id from {{ ref('int_ledger__reported_costs') }})
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
