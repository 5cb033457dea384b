select
    level,
    member,
    series_id,
    service_provider_name,
    billing_currency,
    as_of,
    model,
    ds,
    p50,
    p10,
    p90,
    p025,
    p975
from {{ source('platform', 'forecast_parts') }}
