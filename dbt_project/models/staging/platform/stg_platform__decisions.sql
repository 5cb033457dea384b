select
    decision_id,
    gate,
    decided_at,
    subject,
    allow,
    denials,
    warnings,
    waived,
    evaluated,
    input_sha256,
    bundle_sha256,
    policy_revision
from {{ source('platform', 'decisions') }}
