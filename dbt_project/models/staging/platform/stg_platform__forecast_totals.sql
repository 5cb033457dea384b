select
    billing_currency,
    as_of,
    ds,
    p50,
    p10,
    p90,
    p025,
    p975,
    parts
from {{ source('platform', 'forecast_totals') }}
