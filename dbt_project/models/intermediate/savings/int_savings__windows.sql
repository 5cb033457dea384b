-- Before: whole weeks up to the day on which it began, so that weekends have their share; four, or fewer
-- where the resource is younger. After: whole days from the day after it took effect.
with billed as (
    select plan_id, min(charge_date) as first_billed_day
    from {{ ref('int_savings__daily_costs') }}
    where is_target
    group by plan_id
),

spans as (
    select
        actions.*,
        greatest(0, least(28, actions.started_day - coalesce(billed.first_billed_day, actions.started_day)))
            as billed_days
    from {{ ref('int_savings__actions') }} as actions
    left join billed on actions.plan_id = billed.plan_id
)

select
    spans.plan_id,
    horizons.horizon_days,
    spans.started_day,
    cast(spans.billed_days - spans.billed_days % 7 as integer) as before_days,
    spans.started_day - cast(spans.billed_days - spans.billed_days % 7 as integer) as before_first_day,
    spans.applied_day + 1 as first_day,
    spans.applied_day + 1 + horizons.horizon_days as end_day
from spans
inner join {{ ref('int_bills__horizons') }} as horizons
    on spans.service_provider_name = horizons.service_provider_name
    and spans.applied_day <= horizons.last_applied_day
