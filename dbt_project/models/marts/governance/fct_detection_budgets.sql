-- The contract names the columns.
select
    *,
    false_alarms < tuned_false_alarms as is_stricter
from {{ ref('stg_platform__detection_budgets') }}
