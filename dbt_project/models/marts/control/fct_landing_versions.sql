select
    x_feed,
    x_export,
    x_billing_period,
    version_number,
    x_landing_id,
    version_status,
    version_age = 0 as is_current,
    row_count,
    received_at,
    superseded_at,
    closes_at,
    source_files
from {{ ref('int_ledger__versions') }}
