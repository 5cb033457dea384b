-- What each distinct set of tags says, misspellings resolved: owner, product, environment, cluster. Where the
-- tags name no owner, it is that of the product.
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
),

told as (
    select
        tags,
        max(case when dimension = 'owner' then resolved_value end) as owner,
        max(case when dimension = 'product' then resolved_value end) as product,
        max(case when dimension = 'environment' then resolved_value end) as environment,
        max(case when dimension = 'cluster' then resolved_value end) as cluster_name
    from resolved
    where choice = 1
    group by tags
)

select
    told.tags,
    coalesce(told.owner, products.owner) as owner,
    told.owner is null and products.owner is not null as is_owned_by_product,
    told.product,
    told.environment,
    told.cluster_name
from told
left join {{ ref('products') }} as products on told.product = products.product
