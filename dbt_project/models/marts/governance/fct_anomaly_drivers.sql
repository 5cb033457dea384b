select
    drivers.finding_id,
    drivers.driver_rank,
    drivers.cause,
    drivers.resource_id,
    drivers.usage_type,
    drivers.region_id,
    dimensions.environment,
    dimensions.product,
    dimensions.owner,
    drivers.tags,
    drivers.items,
    drivers.billing_currency,
    drivers.change_cost,
    drivers.finding_change_cost,
    drivers.finding_before_cost,
    drivers.finding_after_cost,
    drivers.first_day,
    drivers.last_day,
    drivers.reference_windows
from {{ ref('stg_platform__anomaly_drivers') }} as drivers
left join {{ ref('int_allocation__tag_dimensions') }} as dimensions on drivers.tags = dimensions.tags
