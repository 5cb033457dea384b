select
    service_provider_name,
    billing_currency,
    service_name,
    item,
    cadence,
    as_of,
    ds,
    p50,
    least_cost,
    most_cost,
    times_seen,
    last_seen
from {{ source('platform', 'forecast_purchases') }}
