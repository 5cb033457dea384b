-- How wrong forecasts would have been (backtest), and how wrong those were that people saw (stored).
with horizons as (
    select 7 as horizon_days
    union all
    select 30 as horizon_days
    union all
    select 90 as horizon_days
    union all
    select 180 as horizon_days
),

outcomes as (
    select
        'provider' as level, series_id, model, as_of, cutoff, lead_days, error_cost, actual_cost, naive_cost,
        is_inside_80, is_inside_95
    from {{ ref('fct_forecast_outcomes') }}
    union all
    select
        'total' as level, '(all)/' || billing_currency as series_id, 'sum' as model, as_of, cutoff, lead_days,
        error_cost, actual_cost, naive_cost, is_inside_80, is_inside_95
    from {{ ref('fct_forecast_total_outcomes') }}
    union all
    select
        level, series_id, model, as_of, cutoff, lead_days, error_cost, actual_cost, naive_cost, is_inside_80,
        is_inside_95
    from {{ ref('fct_forecast_part_outcomes') }}
),

stored as (
    select
        outcomes.level,
        outcomes.series_id,
        outcomes.as_of,
        horizons.horizon_days,
        max(outcomes.model) as model,
        max(outcomes.cutoff) as cutoff,
        sum(abs(outcomes.error_cost)) as error_size,
        sum(outcomes.error_cost) as error_sum,
        sum(abs(outcomes.naive_cost - outcomes.actual_cost)) as naive_size,
        sum(abs(outcomes.actual_cost)) as volume,
        avg(case when outcomes.is_inside_80 then 1.0 else 0.0 end) as coverage_80,
        avg(case when outcomes.is_inside_95 then 1.0 else 0.0 end) as coverage_95,
        count(*) as points
    from outcomes
    inner join horizons on outcomes.lead_days <= horizons.horizon_days
    group by outcomes.level, outcomes.series_id, outcomes.as_of, horizons.horizon_days
    -- Only once the whole horizon has come true: its first days are the easy ones.
    having count(*) = horizons.horizon_days
),

naive as (
    select series_id, cutoff, horizon_days, wape
    from {{ ref('stg_platform__forecast_backtests') }}
    where model = 'seasonal_naive'
)

select
    'stored' as basis,
    level,
    series_id,
    model,
    cutoff,
    as_of,
    horizon_days,
    cast(error_size as float8) / nullif(cast(volume as float8), 0) as wape,
    cast(error_sum as float8) / nullif(cast(volume as float8), 0) as bias,
    cast(coverage_80 as float8) as coverage_80,
    cast(coverage_95 as float8) as coverage_95,
    cast(null as float8) as mase,
    1 - cast(error_size as float8) / nullif(cast(naive_size as float8), 0) as skill,
    cast(points as integer) as points
from stored
union all
select
    'backtest' as basis,
    'provider' as level,
    tested.series_id,
    tested.model,
    tested.cutoff,
    cast(null as date) as as_of,
    tested.horizon_days,
    tested.wape,
    tested.bias,
    tested.coverage_80,
    tested.coverage_95,
    tested.mase,
    1 - tested.wape / nullif(naive.wape, 0) as skill,
    tested.points
from {{ ref('stg_platform__forecast_backtests') }} as tested
left join naive
    on tested.series_id = naive.series_id and tested.cutoff = naive.cutoff
    and tested.horizon_days = naive.horizon_days
