select
    service_provider_name,
    judged,
    false_findings,
    false_share,
    false_alarms,
    tuned_false_alarms,
    false_alarms < tuned_false_alarms as is_stricter,
    as_of
from {{ ref('stg_platform__detection_budgets') }}
