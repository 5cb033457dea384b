select
    service_provider_name,
    billing_currency,
    charge_category,
    cost_basis,
    month,
    as_of,
    cutoff,
    known_cost,
    p50,
    p10,
    p90,
    p025,
    p975
from {{ ref('stg_platform__forecast_months') }}
