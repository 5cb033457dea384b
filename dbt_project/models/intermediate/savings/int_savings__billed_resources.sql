-- What an action made is named by those of its outputs that are ids (snapshot_id).
with outputs as (
    select plan_id, {{ json_text('detail', 'outputs') }} as outputs
    from {{ ref('stg_platform__action_events') }}
    where event = 'applied'
),

made as (
    {{ json_entries('outputs', ['plan_id'], 'outputs') }}
),

parts as (
    select plan_id, service_provider_name, lower(resource_id) as resource_name, true as is_target
    from {{ ref('int_savings__actions') }}
    union
    select actions.plan_id, actions.service_provider_name, lower(made.json_value), false
    from {{ ref('int_savings__actions') }} as actions
    inner join made
        on actions.plan_id = made.plan_id
        and {{ matches('made.json_key', '_id$') }}
        and lower(made.json_value) <> lower(actions.resource_id)
)

select distinct
    parts.plan_id,
    parts.is_target,
    names.service_provider_name,
    names.resource_id
from parts
inner join {{ ref('int_bills__resource_names') }} as names
    on parts.service_provider_name = names.service_provider_name
    and parts.resource_name = names.resource_name
