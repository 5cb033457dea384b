select
    run_id,
    seq,
    plan_id,
    proposal_id,
    action_id,
    resource_id,
    event,
    "at" as event_at,
    detail,
    prev_hash,
    hash
from {{ source('platform', 'action_events') }}
