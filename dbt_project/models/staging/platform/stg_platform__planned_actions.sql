select
    plan_id,
    plan_hash,
    proposal_id,
    action_id,
    service_provider_name,
    account_id,
    region,
    resource_id,
    owner,
    billing_currency,
    expected_monthly_saving,
    reversibility,
    status,
    decision_id,
    created_at
from {{ source('platform', 'planned_actions') }}
