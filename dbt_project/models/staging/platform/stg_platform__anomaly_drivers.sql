select
    finding_id,
    driver_rank,
    cause,
    resource_id,
    usage_type,
    region_id,
    tags,
    items,
    change_cost,
    finding_change_cost,
    finding_before_cost,
    finding_after_cost,
    billing_currency,
    first_day,
    last_day,
    reference_windows
from {{ source('platform', 'anomaly_drivers') }}
