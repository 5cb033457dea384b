select
    service_provider_name,
    billing_currency,
    service_name,
    item,
    cadence,
    ds,
    as_of,
    p50,
    least_cost,
    most_cost,
    times_seen,
    last_seen
from {{ ref('stg_platform__forecast_purchases') }}
