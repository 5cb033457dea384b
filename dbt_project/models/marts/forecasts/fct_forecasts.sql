select
    series_id,
    service_provider_name,
    billing_currency,
    as_of,
    model,
    horizon_days,
    ds,
    p50,
    p10,
    p90,
    p025,
    p975
from {{ ref('stg_platform__forecasts') }}
