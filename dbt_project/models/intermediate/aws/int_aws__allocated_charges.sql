-- AWS charges, those of instances that run containers replaced by their parts (rule 30).
{%- set summed = ['billed_cost', 'effective_cost', 'list_cost', 'contracted_cost', 'invoiced_cost',
    'pricing_quantity', 'commitment_quantity'] %}
with keyed as (
    select
        charges.*,
        case
            when part <> 'charge' then null
            when split_parent_resource_id is not null and invoiced_cost = 0 then split_parent_resource_id
            when {{ is_instance_charge('line_type') }} then line_item_resource_id
        end as instance_id,
        coalesce(split_parent_resource_id is not null and invoiced_cost = 0, false) as is_container
    from {{ ref('int_aws__charges') }} as charges
)

select
    {% for column in aws_charge_columns() -%}
    keyed.{{ column }},
    {% endfor -%}
    keyed.list_unit_price,
    keyed.contracted_unit_price,
    {%- for amount in summed %}
    {{ money('case when parts.split_part is null then ' ~ amount ~ ' else '
        ~ money(amount ~ ' * ratio_upto') ~ ' - ' ~ money(amount ~ ' * ratio_from') ~ ' end') }} as {{ amount }},
    {%- endfor %}
    case when parts.split_part is null then part else 'split:' || parts.split_part end as part,
    case when parts.split_part is not null then 'AWS split cost allocation data' end as allocated_method_id,
    case
        when parts.split_part is not null
            then '{"Elements":[{"AllocatedRatio":' || {{ number_text('ratio_upto - ratio_from') }}
            || case
                when usage_unit is null or usage_quantity is null then ''
                else ',"UsageQuantity":' || {{ number_text('usage_quantity') }} || ',"UsageUnit":'
                    || cast(to_json(usage_unit) as text)
            end || '}]}'
    end as allocated_method_details,
    parts.allocated_resource_id,
    -- arn:…:pod/cluster/namespace/name/uid, arn:…:task/cluster/id
    {{ regexp_replace_all(
        regexp_replace_all('parts.allocated_resource_id', '^arn:.*:pod/[^/]+/([^/]+/[^/]+)/[^/]+$', '\\1'),
        '^arn:.*:task/', ''
    ) }} as allocated_resource_name,
    {{ json_without('parts.allocated_tags', 'keyed.resource_tags') }} as allocated_tags,
    case
        when is_container
            then 'a container of ' || split_parent_resource_id || ', whose charge the report does not hold'
        when is_invoiced_elsewhere then 'invoiced by ' || bill_invoicing_entity || ', not by AWS: '
            || {{ number_text('invoiced_cost') }} || ' ' || line_item_currency_code
        when not {{ is_known_line_type() }} then 'unknown line type ' || line_type || ', taken for usage'
    end as conformance_note
from keyed
left join {{ ref('int_aws__split_parts') }} as parts
    on keyed.instance_id = parts.parent_resource_id
    and keyed.line_item_usage_start_date = parts.usage_start
    and keyed.x_billing_period = parts.x_billing_period
    and keyed.x_export = parts.x_export
    and keyed.x_feed = parts.x_feed
where not (is_container and parts.split_part is not null)
