-- How split cost allocation divides each instance: a part per pod or task and meter, and what nobody used.
-- Parts follow one another from 0 to 1, so that what is cut by them adds up to the last decimal.
{%- set key = ['x_feed', 'x_export', 'x_billing_period', 'parent_resource_id', 'usage_start'] %}
with containers as (
    select
        x_feed, x_export, x_billing_period, x_source_file, x_source_row_number,
        split_parent_resource_id as parent_resource_id,
        line_item_usage_start_date as usage_start,
        line_item_resource_id as allocated_resource_id,
        pricing_unit as usage_unit,
        line_item_usage_type as usage_type,
        split_usage as usage_quantity,
        resource_tags as allocated_tags,
        greatest(coalesce(split_net_cost, split_cost, 0), 0) as used_cost,
        greatest(coalesce(split_net_unused_cost, split_unused_cost, 0), 0) as unused_cost
    from {{ ref('stg_aws__line_items') }}
    where split_parent_resource_id is not null and coalesce(line_item_unblended_cost, 0) = 0
),

-- Without its instance a container has nothing to divide.
placed as (
    select distinct containers.*
    from {{ ref('stg_aws__line_items') }} as instances
    inner join containers
        on instances.line_item_resource_id = containers.parent_resource_id
        and instances.line_item_usage_start_date = containers.usage_start
        and instances.x_billing_period = containers.x_billing_period
        and instances.x_export = containers.x_export
        and instances.x_feed = containers.x_feed
    where {{ is_instance_charge('instances.line_item_type') }}
),

weighed as (
    select
        {{ key | join(', ') }},
        x_source_file || ':' || cast(cast(x_source_row_number as bigint) as text) as split_part,
        allocated_resource_id, usage_unit, usage_type, usage_quantity, allocated_tags,
        used_cost as weight
    from placed
    union all
    select
        {{ key | join(', ') }}, 'unallocated', null, null, null, null, null,
        case when sum(used_cost) + sum(unused_cost) = 0 then 1 else sum(unused_cost) end
    from placed
    group by {{ key | join(', ') }}
),

cumulated as (
    select
        weighed.*,
        {{ money('sum(weight) over (partition by ' ~ key | join(', ')
            ~ ' order by weight, md5(split_part) rows unbounded preceding)') }} as weight_upto,
        {{ money('sum(weight) over (partition by ' ~ key | join(', ') ~ ')') }} as weight_total
    from weighed
    where weight > 0
)

select
    {{ key | join(', ') }}, split_part, allocated_resource_id, usage_unit, usage_type, usage_quantity,
    allocated_tags,
    {{ exact_ratio('weight_upto - weight', 'weight_total') }} as ratio_from,
    {{ exact_ratio('weight_upto', 'weight_total') }} as ratio_upto
from cumulated
