select * from {{ ref('stg_platform__forecast_months') }}
