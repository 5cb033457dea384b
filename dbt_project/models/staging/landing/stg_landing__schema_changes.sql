select
    feed as x_feed,
    export as x_export,
    billing_period as x_billing_period,
    landing_id as x_landing_id,
    received_at,
    kind,
    column_name,
    fills as contract_column,
    was as former_name
from {{ source('raw', 'schema_changes') }}
