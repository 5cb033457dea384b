with events as (
    select
        plan_id,
        resource_id,
        event,
        event_at,
        count(*) over (partition by plan_id, resource_id) as event_count,
        row_number() over (partition by plan_id, resource_id order by event_at desc, seq desc) as newest_first
    from {{ ref('stg_platform__action_events') }}
)

select
    planned.plan_id,
    planned.plan_hash,
    planned.proposal_id,
    planned.action_id,
    planned.service_provider_name,
    planned.account_id,
    planned.region,
    planned.resource_id,
    planned.owner,
    planned.billing_currency,
    planned.expected_monthly_saving,
    planned.saving_low,
    planned.saving_high,
    planned.reversibility,
    planned.status,
    planned.decision_id,
    planned.created_at,
    events.event as last_event,
    events.event_at as last_event_at,
    cast(coalesce(events.event_count, 0) as bigint) as event_count
from {{ ref('stg_platform__planned_actions') }} as planned
left join events
    on planned.plan_id = events.plan_id
    and planned.resource_id = events.resource_id
    and events.newest_first = 1
