-- What is asked of the company's systems: the history that capacity forecasts stand on. A fleet is the
-- machines of one provider whose names differ only in the number at their end.
with machines as (
    select
        resources.snapshot_date as demand_date,
        resources.provider
        || '/' || {{ regexp_replace_all('resources.resource_name', '-[0-9]+$', '') }} as fleet,
        -- A machine that is stopped asks for nothing, which is not the same as not known.
        case when resources.state = 'running' then types.vcpus else 0 end as vcpus,
        resources.cpu_avg_pct
    from {{ ref('stg_company__resources') }} as resources
    inner join {{ ref('instance_vcpus') }} as types on resources.instance_type = types.instance_type
    where resources.resource_name is not null
),

stored as (
    select
        cast(charge_period_start as date) as demand_date,
        service_provider_name || '/' || consumed_unit as place,
        consumed_quantity
    from {{ ref('fct_focus_charges') }}
    where
        charge_category = 'Usage' and service_category = 'Storage'
        and (lower(consumed_unit) like 'gb-mo%' or lower(consumed_unit) like 'gibibyte month%')
),

demand as (
    select 'requests' as metric, product as scope, 'Requests' as unit, period_start as demand_date, quantity
    from {{ ref('int_unit_economics__volumes') }}
    where period_type = 'day' and metric = 'requests'
    union all
    select 'cpu', fleet, 'vCPUs', demand_date, sum(vcpus * cpu_avg_pct) * 0.01
    from machines
    where cpu_avg_pct is not null
    group by fleet, demand_date
    union all
    select 'vcpu_hours', fleet, 'vCPU-Hours', demand_date, sum(vcpus) * 24
    from machines
    group by fleet, demand_date
    union all
    -- A month's gigabyte, used up in one day, was that many gigabytes held that day.
    select
        'storage',
        place,
        case when lower(place) like '%gibibyte%' then 'GiB' else 'GB' end,
        demand_date,
        sum(consumed_quantity) * cast(
            extract(day from date_trunc('month', demand_date) + interval '1 month' - interval '1 day')
            as integer
        )
    from stored
    group by place, demand_date
)

select
    metric || '/' || scope as series_id,
    metric,
    scope,
    unit,
    demand_date,
    {{ money('quantity') }} as quantity
from demand
