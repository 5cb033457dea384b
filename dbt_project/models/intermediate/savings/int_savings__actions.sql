-- By the journal alone: a dry run, a refusal, and what was taken back before it was whole applied nothing.
with done as (
    select
        plan_id,
        min(case when event = 'apply_started' then event_at end) as started_at,
        min(case when event = 'applied' then event_at end) as applied_at,
        min(case when event = 'undo_started' then event_at end) as undone_at
    from {{ ref('stg_platform__action_events') }}
    group by plan_id
)

select
    planned.plan_id,
    planned.proposal_id,
    planned.action_id,
    planned.service_provider_name,
    planned.account_id,
    planned.resource_id,
    planned.owner,
    planned.billing_currency,
    planned.expected_monthly_saving,
    planned.saving_low,
    planned.saving_high,
    done.applied_at,
    cast(done.started_at as date) as started_day,
    cast(done.applied_at as date) as applied_day,
    cast(done.undone_at as date) as undone_day,
    -- From then on the bill shows what that one did.
    lead(cast(done.started_at as date)) over (
        partition by planned.service_provider_name, planned.account_id, planned.resource_id
        order by done.started_at, planned.plan_id
    ) as next_day
from done
inner join {{ ref('stg_platform__planned_actions') }} as planned on done.plan_id = planned.plan_id
where done.applied_at is not null
