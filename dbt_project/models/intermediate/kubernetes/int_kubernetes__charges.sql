-- OpenCost's workloads as FOCUS charges: parts of a node, in the split-allocation columns.
{%- set node = 'x_feed, x_export, x_billing_period, node_id, window_start, currency' %}
with workloads as (
    select
        allocations.*,
        coalesce(allocations.cluster, allocations.x_export) as cluster_name,
        coalesce(
            allocations.provider_id, allocations.cluster || '/' || allocations.node, allocations.cluster,
            allocations.x_export
        ) as node_id,
        {{ is_idle_allocation() }} as is_idle,
        of_record.x_export is not null as is_bill_of_record,
        greatest(allocations.total_cost, 0) as weight
    from {{ ref('stg_kubernetes__allocations') }} as allocations
    left join {{ ref('kubernetes_bills_of_record') }} as of_record
        on allocations.x_export = of_record.x_export
),

cumulated as (
    select
        workloads.*,
        {{ money('sum(weight) over (partition by ' ~ node
            ~ ' order by weight, x_source_row_number, md5(x_source_file) rows unbounded preceding)') }} as weight_upto,
        {{ money('sum(weight) over (partition by ' ~ node ~ ')') }} as weight_total
    from workloads
),

shares as (
    select
        cumulated.*,
        coalesce({{ exact_ratio('weight_upto', 'weight_total') }}, 0)
            - coalesce({{ exact_ratio('weight_upto - weight', 'weight_total') }}, 0) as ratio,
        -- Without a cloud that bills the nodes, what OpenCost says is the bill.
        case when is_bill_of_record then total_cost else 0 end as own_cost
    from cumulated
)

select
    {{ columns_no_bill_fills(filled=[
        'allocated_method_details', 'allocated_method_id', 'allocated_resource_id', 'allocated_resource_name',
        'allocated_tags', 'service_category', 'service_subcategory'
    ]) }},
    '{"Elements":[{' || concat_ws(
        ',', '"AllocatedRatio":' || {{ number_text('ratio') }},
        '"x_CpuCoreHours":' || {{ number_text('cpu_core_hours') }},
        '"x_RamByteHours":' || {{ number_text('ram_byte_hours') }}
    ) || '}]}' as allocated_method_details,
    'OpenCost' as allocated_method_id,
    case
        when not is_idle then concat_ws('/', cluster_name, namespace, controller, pod, container)
    end as allocated_resource_id,
    case
        when not is_idle then coalesce(pod, controller, name, namespace, cluster_name)
    end as allocated_resource_name,
    case when not is_idle then labels end as allocated_tags,
    cast(null as text) as availability_zone,
    {{ money('own_cost') }} as billed_cost,
    cluster_name as billing_account_id,
    cluster_name as billing_account_name,
    'Cluster' as billing_account_type,
    currency as billing_currency,
    {{ month_end('x_billing_period') }} as billing_period_end,
    {{ period_start('x_billing_period') }} as billing_period_start,
    'Usage' as charge_category,
    cast(null as text) as charge_class,
    coalesce(name, namespace) as charge_description,
    'Usage-Based' as charge_frequency,
    coalesce(window_end, window_start + interval '1 day') as charge_period_end,
    window_start as charge_period_start,
    {%- for column in [
        'commitment_discount_category', 'commitment_discount_id', 'commitment_discount_name',
        'commitment_discount_status', 'commitment_discount_type', 'commitment_discount_unit', 'consumed_unit',
        'host_provider_name', 'invoice_id', 'pricing_category', 'pricing_unit', 'region_id', 'region_name',
        'resource_name', 'sku_id', 'sku_meter', 'sku_price_id', 'sub_account_name', 'tags', 'x_seller_name'
    ] %}
    cast(null as text) as {{ column }},
    {%- endfor %}
    {%- for column in [
        'commitment_discount_quantity', 'consumed_quantity', 'contracted_unit_price', 'list_unit_price',
        'pricing_currency_contracted_unit_price', 'pricing_currency_list_unit_price', 'pricing_quantity'
    ] %}
    cast(null as numeric(38, 12)) as {{ column }},
    {%- endfor %}
    {{ money('total_cost') }} as contracted_cost,
    {{ money('total_cost') }} as effective_cost,
    case
        when is_bill_of_record then 'Own infrastructure' else 'The provider of the nodes'
    end as invoice_issuer_name,
    {{ money('total_cost') }} as list_cost,
    currency as pricing_currency,
    {{ money('total_cost') }} as pricing_currency_effective_cost,
    node_id as resource_id,
    case when coalesce(provider_id, node) is null then 'Cluster' else 'Node' end as resource_type,
    'Compute' as service_category,
    'Kubernetes' as service_name,
    'Kubernetes' as service_provider_name,
    'Containers' as service_subcategory,
    case when not is_idle then namespace end as sub_account_id,
    case when not is_idle and namespace is not null then 'Namespace' end as sub_account_type,
    {{ landing_columns() }},
    x_billing_period as x_invoice_month,
    'Kubernetes' as x_native_service,
    controller as x_usage_type,
    {{ charge_id("'charge'") }} as x_charge_id,
    x_feed as x_billed_feed,
    x_export as x_billed_export,
    case
        when not is_bill_of_record then 'estimated by OpenCost; the bill of the nodes charges it'
    end as x_conformance_note,
    is_bill_of_record
from shares
