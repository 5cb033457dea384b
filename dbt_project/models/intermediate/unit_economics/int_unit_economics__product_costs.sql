-- What each product that customers use costs per day and month, every kind of allocation included.
with daily as (
    select
        allocated.charge_date,
        allocated.product,
        allocated.billing_currency,
        {{ money('sum(allocated.effective_cost)') }} as effective_cost
    from {{ ref('fct_allocated_costs') }} as allocated
    inner join {{ ref('products') }} as products
        on allocated.product = products.product and products.kind = 'customer'
    group by allocated.charge_date, allocated.product, allocated.billing_currency
)

select 'day' as period_type, charge_date as period_start, product, billing_currency, effective_cost
from daily
union all
select
    'month',
    cast(date_trunc('month', charge_date) as date),
    product,
    billing_currency,
    {{ money('sum(effective_cost)') }}
from daily
group by cast(date_trunc('month', charge_date) as date), product, billing_currency
