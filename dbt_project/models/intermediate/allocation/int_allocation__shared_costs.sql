-- Shared charges split over teams and products, in proportion to what each of them costs directly that day.
with direct as (
    select charge_date, billing_currency, owner, product, effective_cost
    from {{ ref('int_allocation__classified_costs') }}
    where allocation_method in ('tag', 'sub_account')
    union all
    select charge_date, billing_currency, owner, product, effective_cost
    from {{ ref('int_allocation__kubernetes_costs') }}
    where allocation_method = 'kubernetes' and owner <> 'unallocated'
),

weights as (
    select charge_date, billing_currency, owner, product, {{ money('sum(effective_cost)') }} as weight
    from direct
    where product is distinct from 'shared'
    group by charge_date, billing_currency, owner, product
    having sum(effective_cost) > 0
),

charges as (
    select
        row_number() over (order by
            charge_date, service_provider_name, billing_account_id, sub_account_id, service_name,
            charge_category, billing_currency, allocation_rule
        ) as pool,
        charge_date, service_provider_name, billing_account_id, sub_account_id, service_name,
        service_category, charge_category,
        billing_currency, allocation_rule, cast(null as text) as environment,
        {{ money('sum(billed_cost)') }} as billed_cost,
        {{ money('sum(effective_cost)') }} as effective_cost
    from {{ ref('int_allocation__classified_costs') }}
    where allocation_method = 'shared'
    group by
        charge_date, service_provider_name, billing_account_id, sub_account_id, service_name,
        service_category, charge_category,
        billing_currency, allocation_rule
),

split as (
    {{ split_costs('charges', 'weights', ['charge_date', 'billing_currency']) }}
)

select
    charge_date, service_provider_name, billing_account_id, sub_account_id, service_name, service_category,
    charge_category, billing_currency, environment, billed_cost, effective_cost,
    case when weight_owner is null then 'unallocated' else 'shared' end as allocation_method,
    case
        when weight_owner is null
            then 'shared (' || allocation_rule || '), and nobody has direct costs that day'
        else 'shared (' || allocation_rule || '), by direct costs'
    end as allocation_rule,
    coalesce(weight_owner, 'unallocated') as owner,
    weight_product as product
from split
