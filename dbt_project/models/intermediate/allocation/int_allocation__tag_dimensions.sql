-- What each distinct set of tags says: owner, product, environment, cluster; misspellings resolved.
with tag_sets as (
    select distinct tags from {{ ref('fct_focus_charges') }} where tags is not null
    union
    select distinct labels as tags from {{ ref('stg_kubernetes__allocations') }} where labels is not null
    union
    select distinct tags from {{ ref('stg_company__resources') }} where tags is not null
),

entries as (
    {{ json_entries('tag_sets', ['tags'], 'tags') }}
),

resolved as (
    select
        entries.tags,
        tag_keys.dimension,
        coalesce(tag_values.canonical_value, lower(trim(entries.json_value))) as resolved_value,
        row_number() over (
            partition by entries.tags, tag_keys.dimension order by tag_keys.priority, entries.json_key
        ) as choice
    from entries
    inner join {{ ref('tag_keys') }} as tag_keys on lower(trim(entries.json_key)) = tag_keys.tag_key
    left join {{ ref('tag_values') }} as tag_values
        on tag_keys.dimension = tag_values.dimension
        and lower(trim(entries.json_value)) = tag_values.tag_value
    where trim(entries.json_value) <> ''
)

select
    tags,
    max(case when dimension = 'owner' then resolved_value end) as owner,
    max(case when dimension = 'product' then resolved_value end) as product,
    max(case when dimension = 'environment' then resolved_value end) as environment,
    max(case when dimension = 'cluster' then resolved_value end) as cluster_name
from resolved
where choice = 1
group by tags
