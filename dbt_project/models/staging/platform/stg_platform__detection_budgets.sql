select
    service_provider_name,
    judged,
    false_findings,
    false_share,
    false_alarms,
    tuned_false_alarms,
    as_of
from {{ source('platform', 'detection_budgets') }}
