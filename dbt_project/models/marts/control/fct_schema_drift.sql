select
    x_feed,
    x_export,
    x_billing_period,
    kind,
    column_name,
    former_name,
    contract_column,
    min(received_at) as first_seen_at
from {{ ref('stg_landing__schema_changes') }}
group by x_feed, x_export, x_billing_period, kind, column_name, former_name, contract_column
