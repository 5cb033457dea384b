select
    series_id,
    metric,
    unit,
    as_of,
    model,
    ds,
    p50,
    p10,
    p90,
    p025,
    p975
from {{ ref('stg_platform__capacity_forecasts') }}
