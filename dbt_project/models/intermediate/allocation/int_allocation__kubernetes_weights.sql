-- How a cluster's charges of a day are divided: each team's OpenCost cost, and what is left idle.
with windows as (
    select
        cast(allocations.window_start as date) as first_date,
        -- Accumulated answers have windows of many days.
        greatest(cast(allocations.window_end - interval '1 second' as date)
            - cast(allocations.window_start as date) + 1, 1) as days,
        lower(coalesce(allocations.cluster, allocations.x_export)) as cluster_name,
        allocations.currency,
        case when {{ is_idle_allocation() }} then 'idle'
            else coalesce(dimensions.owner, 'unallocated') end as owner,
        case when not {{ is_idle_allocation() }} then dimensions.product end as product,
        {{ money('sum(allocations.total_cost)') }} as total_cost
    from {{ ref('stg_kubernetes__allocations') }} as allocations
    left join {{ ref('int_allocation__tag_dimensions') }} as dimensions
        on allocations.labels = dimensions.tags
    group by 1, 2, 3, 4, 5, 6
),

workloads as (
    select
        first_date + day_number as charge_date, cluster_name, currency, owner, product,
        {{ money('sum(' ~ exact_ratio('total_cost', 'days') ~ ')') }} as weight
    from windows
    inner join (
        values
        {%- for number in range(366) %}
        ({{ number }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as numbers (day_number) on windows.days > numbers.day_number
    group by 1, 2, 3, 4, 5
),

-- OpenCost reports what was requested; the nodes' price of the day beyond it was paid for nothing.
clusters as (
    select charge_date, cluster_name, billing_currency, sum(effective_cost) as effective_cost
    from {{ ref('int_allocation__classified_costs') }}
    where allocation_method = 'kubernetes'
    group by charge_date, cluster_name, billing_currency
),

requested as (
    select charge_date, cluster_name, currency, sum(weight) as weight
    from workloads
    group by charge_date, cluster_name, currency
)

select charge_date, cluster_name, owner, product, {{ money('weight') }} as weight
from workloads
where weight > 0
union all
select requested.charge_date, requested.cluster_name, 'idle', null,
    {{ money('clusters.effective_cost - requested.weight') }}
from requested
inner join clusters
    on requested.charge_date = clusters.charge_date
    and requested.cluster_name = clusters.cluster_name
    and requested.currency = clusters.billing_currency
where clusters.effective_cost > requested.weight
