select
    proposal_id,
    action_id,
    service_provider_name,
    account_id,
    region,
    resource_id,
    owner,
    billing_currency,
    expected_monthly_saving,
    saving_low,
    saving_high,
    evidence,
    evidence_as_of,
    created_at
from {{ ref('stg_platform__proposals') }}
