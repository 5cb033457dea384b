select
    feed as x_feed,
    export as x_export,
    billing_period as x_billing_period,
    landing_id as x_landing_id,
    row_count,
    measure,
    currency as billing_currency,
    amount,
    landed_at,
    data_through
from {{ source('raw', 'control_totals') }}
where billing_period <> 'none'
