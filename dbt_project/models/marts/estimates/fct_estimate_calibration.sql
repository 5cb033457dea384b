-- Each estimate counts once, at its longest horizon. Ratios are of what was estimated before any calibration,
-- else a correction would hide the bias that it corrects.
with newest as (
    select
        *,
        row_number() over (
            partition by decision_id, address, cost_basis order by horizon_days desc
        ) as age_rank
    from {{ ref('fct_estimate_accuracy') }}
    where outcome = 'compared'
        and estimated_cost > 0
        and decided_at >= {{ as_of_now() }} - interval '{{ var("estimate_calibration_days") }} days'
),

ranked as (
    select
        *,
        row_number() over (
            partition by service_provider_name, resource_type, price_source, usage_basis, cost_basis
            order by actual_ratio, decision_id, address
        ) as ratio_rank,
        count(*) over (
            partition by service_provider_name, resource_type, price_source, usage_basis, cost_basis
        ) as observations
    from newest
    where age_rank = 1
)

select
    service_provider_name,
    resource_type,
    price_source,
    usage_basis,
    cost_basis,
    cast(count(*) as integer) as observations,
    cast(count(distinct decision_id) as integer) as changes,
    {{ money('(
        min(case when ratio_rank >= (observations + 1) * 0.5 then actual_ratio end)
        + max(case when ratio_rank <= (observations + 1) * 0.5 then actual_ratio end)
    ) * 0.5') }} as median_ratio,
    -- Of the next estimates, eight in ten are expected between these two (conformal ranks).
    {{ money('max(
        case when ratio_rank <= greatest(1, floor((observations + 1) * 0.1)) then actual_ratio end
    )') }} as ratio_p10,
    {{ money('min(
        case when ratio_rank >= least(observations, ceil((observations + 1) * 0.9)) then actual_ratio end
    )') }} as ratio_p90,
    cast(sum(case when actual_ratio > 1 then 1 else 0 end) as integer) as observations_above,
    cast(sum(case when actual_ratio < 1 then 1 else 0 end) as integer) as observations_below,
    cast(avg(case when is_within then 1.0 when not is_within then 0.0 end) as float8) as within_share,
    max(end_day) as bills_until
from ranked
group by service_provider_name, resource_type, price_source, usage_basis, cost_basis
