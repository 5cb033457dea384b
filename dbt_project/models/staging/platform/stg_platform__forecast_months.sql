select
    service_provider_name,
    billing_currency,
    charge_category,
    cost_basis,
    as_of,
    month,
    cutoff,
    known_cost,
    p50,
    p10,
    p90,
    p025,
    p975
from {{ source('platform', 'forecast_months') }}
