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
        min(resource_id) as resource_id
    from named
    where not is_whole
    group by service_provider_name, resource_name
    having count(distinct lower(resource_id)) = 1
    union all
    select service_provider_name, resource_name, resource_id
    from named
    where is_whole
)

select distinct service_provider_name, resource_name, resource_id
from known
