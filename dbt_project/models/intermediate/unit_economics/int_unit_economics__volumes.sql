-- Business volumes per day and month. A tenant is active in a month in which it made a request; where
-- requests do not name tenants, the month's busiest day counts.
with drivers as (
    select metric_date, metric, product, tenant_id, quantity
    from {{ ref('stg_company__driver_volumes') }}
    where product is not null
),

periods as (
    select 'day' as period_type, metric_date as period_start, drivers.* from drivers
    union all
    select 'month', cast(date_trunc('month', metric_date) as date), drivers.* from drivers
),

active as (
    select
        period_type,
        period_start,
        product,
        count(distinct case when metric = 'requests' and quantity > 0 then tenant_id end) as seen_tenants,
        max(case when metric = 'active_tenants' then quantity end) as reported_tenants
    from periods
    group by period_type, period_start, product
)

select period_type, period_start, product, metric, {{ money('sum(quantity)') }} as quantity
from periods
where metric <> 'active_tenants'
group by period_type, period_start, product, metric
union all
select
    period_type,
    period_start,
    product,
    'active_tenants',
    {{ money('case when seen_tenants > 0 then seen_tenants else reported_tenants end') }}
from active
where seen_tenants > 0 or reported_tenants is not null
