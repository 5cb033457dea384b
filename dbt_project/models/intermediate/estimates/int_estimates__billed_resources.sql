select distinct
    links.decision_id,
    links.address,
    names.service_provider_name,
    names.resource_id
from {{ ref('stg_platform__estimate_links') }} as links
inner join {{ ref('stg_platform__estimates') }} as estimates
    on links.decision_id = estimates.decision_id and links.address = estimates.address
inner join {{ ref('int_bills__resource_names') }} as names
    on links.resource_name = names.resource_name
    and estimates.service_provider_name = names.service_provider_name
