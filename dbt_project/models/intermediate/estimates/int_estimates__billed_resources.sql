-- Bills name a resource by its id or its ARN, plans and states by the one, the other or both.
with billed as (
    select distinct service_provider_name, resource_id
    from {{ ref('fct_focus_charges') }}
    where resource_id is not null
),

named as (
    select service_provider_name, resource_id, lower(resource_id) as resource_name, true as is_whole
    from billed
    union
    -- What follows the last mark of an ARN, and Google's name without its host.
    select
        service_provider_name,
        resource_id,
        case
            when resource_id like 'arn:%' then lower(split_part(split_part(resource_id, '/', -1), ':', -1))
            else lower(substr(resource_id, strpos(resource_id, '/projects/') + 1))
        end as resource_name,
        false as is_whole
    from billed
    where resource_id like 'arn:%' or resource_id like '//%/projects/%'
),

-- A short name that two resources share names neither.
known as (
    select
        service_provider_name,
        resource_name,
        is_whole,
        min(resource_id) as resource_id,
        count(distinct lower(resource_id)) as bearers
    from named
    where not is_whole
    group by service_provider_name, resource_name, is_whole
    union all
    select service_provider_name, resource_name, is_whole, resource_id, 1 as bearers
    from named
    where is_whole
)

select distinct
    links.decision_id,
    links.address,
    known.service_provider_name,
    known.resource_id
from {{ ref('stg_platform__estimate_links') }} as links
inner join {{ ref('stg_platform__estimates') }} as estimates
    on links.decision_id = estimates.decision_id and links.address = estimates.address
inner join known
    on links.resource_name = known.resource_name
    and estimates.service_provider_name = known.service_provider_name
    and known.bearers = 1
