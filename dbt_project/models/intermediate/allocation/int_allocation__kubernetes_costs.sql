-- Cluster charges split over teams; a day that OpenCost does not report stays unallocated.
with weights as (
    select charge_date, cluster_name, owner, product, sum(weight) as weight
    from {{ ref('int_allocation__kubernetes_weights') }}
    group by charge_date, cluster_name, owner, product
),

charges as (
    select
        row_number() over (order by
            charge_date, cluster_name, service_provider_name, billing_account_id, sub_account_id,
            service_name,
            charge_category, billing_currency, environment, owner, product
        ) as pool,
        classified.*
    from {{ ref('int_allocation__classified_costs') }} as classified
    where allocation_method = 'kubernetes'
),

split as (
    {{ split_costs('charges', 'weights', ['charge_date', 'cluster_name']) }}
)

select
    charge_date, service_provider_name, billing_account_id, sub_account_id, service_name, service_category,
    charge_category, billing_currency, environment, billed_cost, effective_cost,
    case
        when weight_owner is null then 'unallocated'
        when weight_owner = 'idle' then 'kubernetes_idle'
        else 'kubernetes'
    end as allocation_method,
    case
        when weight_owner is null then 'no OpenCost report of the day for ' || allocation_rule
        when weight_owner = 'idle' then 'idle in ' || allocation_rule
        when weight_owner = 'unallocated' then 'workloads without a team in ' || allocation_rule
        else 'OpenCost share in ' || allocation_rule
    end as allocation_rule,
    case when coalesce(weight_owner, 'idle') = 'idle' then 'unallocated' else weight_owner end as owner,
    case when coalesce(weight_owner, 'idle') <> 'idle' then weight_product end as product
from split
