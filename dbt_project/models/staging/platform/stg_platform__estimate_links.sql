select
    decision_id,
    address,
    part,
    resource_name,
    source as link_source,
    applied_at
from {{ source('platform', 'estimate_links') }}
