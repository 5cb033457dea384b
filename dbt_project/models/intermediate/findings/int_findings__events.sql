-- What happened that may move costs: one row per event and resource that it touched (null: not known which).
-- What an event leaves empty of its place, it covers all of.
{%- set no_cost = 'cast(null as numeric(38, 12))' %}
with estimated as (
    select
        decision_id,
        service_provider_name,
        billing_currency,
        max(repository) || coalesce(' ' || max(pull_request), '') as what,
        min(decided_at) as decided_at,
        sum(monthly_after_cost - monthly_before_cost) as monthly_cost
    from {{ ref('stg_platform__estimates') }}
    where allow
    group by decision_id, service_provider_name, billing_currency
),

applied as (
    select decision_id, min(applied_at) as applied_at
    from {{ ref('stg_platform__estimate_links') }}
    group by decision_id
),

deployed as (
    select
        estimated.*,
        resources.resource_id,
        cast(coalesce(applied.applied_at, estimated.decided_at) as date) as happened_on,
        case when applied.applied_at is null then 'allowed' else 'applied' end as how
    from estimated
    left join applied on estimated.decision_id = applied.decision_id
    left join (
        select distinct decision_id, service_provider_name, resource_id
        from {{ ref('int_estimates__billed_resources') }}
    ) as resources
        on estimated.decision_id = resources.decision_id
        and estimated.service_provider_name = resources.service_provider_name
),

waived as (
    select decision_id, gate, decided_at
    from {{ ref('stg_platform__decisions') }}
    where waived <> '[]'
),

acted as (
    select
        planned.*,
        events.event,
        events.event_at,
        case events.event when 'undone' then 1 else -1 end * planned.expected_monthly_saving as monthly_cost
    from {{ ref('stg_platform__action_events') }} as events
    inner join {{ ref('stg_platform__planned_actions') }} as planned
        on events.plan_id = planned.plan_id and events.resource_id = planned.resource_id
    where events.event in ('applied', 'undone')
),

commitments as (
    select
        used.*,
        max(x_last_charge) over (partition by service_provider_name) as billed_until
    from {{ ref('fct_contract_commitments') }} as used
)

select
    'deployment' as event_kind,
    decision_id as event_id,
    happened_on,
    service_provider_name,
    cast(null as text) as sub_account_id,
    cast(null as text) as service_name,
    cast(null as text) as billing_currency,
    resource_id,
    {{ money('monthly_cost') }} as monthly_cost,
    billing_currency as cost_currency,
    'Deployment ' || how || ': ' || what as description
from deployed
union all
select
    'waiver', waived.decision_id, cast(waived.decided_at as date), deployed.service_provider_name, null, null,
    null, deployed.resource_id, {{ no_cost }}, null,
    'Let through by a waiver at the ' || waived.gate || ' gate: ' || deployed.what
from waived
inner join deployed on waived.decision_id = deployed.decision_id
union all
select
    'waiver', waived.decision_id, cast(waived.decided_at as date), planned.service_provider_name,
    planned.account_id, null, null, planned.resource_id, {{ no_cost }}, null,
    'Let through by a waiver at the ' || waived.gate || ' gate: ' || planned.action_id
from waived
inner join {{ ref('stg_platform__planned_actions') }} as planned on waived.decision_id = planned.decision_id
union all
select
    'action', plan_id || '/' || event, cast(event_at as date), service_provider_name, account_id, null, null,
    resource_id, {{ money('monthly_cost') }}, billing_currency, 'Action ' || event || ': ' || action_id
from acted
union all
select
    'planned_event', event_id, starts_on, service_provider_name, sub_account_id, service_name,
    billing_currency, null, {{ no_cost }}, null,
    'Planned by ' || owner || ' until ' || cast(ends_on as text) || ': ' || reason
from {{ ref('planned_events') }}
union all
-- Where the bill holds no term, its last charge tells, once the provider's bill goes on a week without it.
select
    'commitment_end', contract_commitment_id,
    cast(coalesce(contract_commitment_period_end, x_last_charge) as date), service_provider_name, null, null,
    null, null, {{ no_cost }}, null,
    coalesce(contract_commitment_type, 'Commitment') || case
        when contract_commitment_period_end is null then ' last charged' else ' expires'
    end || ': ' || coalesce(contract_commitment_description, contract_commitment_id)
from commitments
where contract_commitment_period_end is not null or x_last_charge < billed_until - interval '7 days'
