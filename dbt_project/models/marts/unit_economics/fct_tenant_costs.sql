{%- set pool = 'charge_month, product, billing_currency' -%}
with costs as (
    select period_start as charge_month, product, billing_currency, effective_cost as product_cost
    from {{ ref('int_unit_economics__product_costs') }}
    where period_type = 'month'
),

requests as (
    select
        cast(date_trunc('month', metric_date) as date) as charge_month,
        product,
        tenant_id,
        {{ money('sum(quantity)') }} as requests
    from {{ ref('stg_company__driver_volumes') }}
    where metric = 'requests' and tenant_id is not null and quantity > 0
    group by cast(date_trunc('month', metric_date) as date), product, tenant_id
),

totals as (
    select charge_month, product, sum(requests) as product_requests
    from requests
    group by charge_month, product
),

shares as (
    select
        costs.*,
        requests.tenant_id,
        coalesce(requests.requests, 0) as requests,
        {{ money(
            'costs.product_cost * coalesce('
            ~ exact_ratio('requests.requests', 'totals.product_requests') ~ ', 1)'
        ) }}
            as share
    from costs
    left join requests
        on costs.charge_month = requests.charge_month and costs.product = requests.product
    left join totals
        on costs.charge_month = totals.charge_month and costs.product = totals.product
)

select
    charge_month,
    product,
    -- A product that nobody called in a month keeps its cost to itself.
    coalesce(tenant_id, 'none') as tenant_id,
    billing_currency,
    {{ money(with_residual('share', 'product_cost', pool, 'requests desc, tenant_id')) }} as effective_cost,
    {{ money('requests') }} as requests
from shares
