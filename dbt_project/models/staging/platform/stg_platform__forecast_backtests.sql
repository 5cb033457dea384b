select
    series_id,
    model,
    cutoff,
    horizon_days,
    wape,
    bias,
    coverage_80,
    coverage_95,
    mase,
    points
from {{ source('platform', 'forecast_backtests') }}
