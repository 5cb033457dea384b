-- `age` counts versions back from the current one, which has 0.
select
    feed as x_feed,
    export as x_export,
    billing_period as x_billing_period,
    landing_id as x_landing_id,
    age as version_age,
    row_count,
    received_at,
    uninvoiced_rows,
    source_files
from {{ source('raw', 'landing_versions') }}
where billing_period <> 'none'
