with bases as (
    select 'uncovered' as cost_basis
    union all
    select 'committed' as cost_basis
),

billed_in as (
    select
        decision_id,
        address,
        horizon_days,
        count(*) as currencies,
        min(billing_currency) as billing_currency
    from {{ ref('int_estimates__actuals') }}
    group by decision_id, address, horizon_days
),

compared as (
    select
        windows.decision_id,
        windows.address,
        windows.horizon_days,
        bases.cost_basis,
        estimates.decided_at,
        windows.applied_day,
        windows.first_day,
        windows.end_day,
        windows.link_source,
        estimates.repository,
        estimates.pull_request,
        estimates.environment,
        estimates.service_provider_name,
        estimates.resource_type,
        estimates.change_kind,
        estimates.sku,
        estimates.region_id,
        estimates.price_source,
        estimates.usage_basis,
        estimates.billing_currency,
        estimates.calibration_factor,
        coalesce(actuals.days_billed, 0) as days_billed,
        case
            when billed_in.currencies is null then 'not_billed'
            when billed_in.currencies > 1 or billed_in.billing_currency <> estimates.billing_currency
                then 'other_currency'
            when actuals.has_long_charges then 'not_daily'
            -- A machine may stand still for a weekend; use may pause for longer.
            when estimates.usage_basis = 'plan' and actuals.last_billed_day < windows.end_day - 3 then 'ended'
            else 'compared'
        end as outcome,
        case bases.cost_basis
            when 'uncovered' then estimates.monthly_after_cost
            else estimates.committed_after_cost
        end as estimated_cost,
        case bases.cost_basis when 'uncovered' then estimates.after_low_cost end as low_cost,
        case bases.cost_basis when 'uncovered' then estimates.after_high_cost end as high_cost,
        case bases.cost_basis
            when 'uncovered' then actuals.uncovered_cost
            else actuals.effective_cost
        end as window_cost,
        case bases.cost_basis
            when 'uncovered' then actuals.uncovered_monthly_cost
            else actuals.effective_monthly_cost
        end as monthly_cost
    from {{ ref('int_estimates__windows') }} as windows
    inner join {{ ref('stg_platform__estimates') }} as estimates
        on windows.decision_id = estimates.decision_id and windows.address = estimates.address
    cross join bases
    left join billed_in
        on windows.decision_id = billed_in.decision_id
        and windows.address = billed_in.address
        and windows.horizon_days = billed_in.horizon_days
    left join {{ ref('int_estimates__actuals') }} as actuals
        on windows.decision_id = actuals.decision_id
        and windows.address = actuals.address
        and windows.horizon_days = actuals.horizon_days
        and estimates.billing_currency = actuals.billing_currency
    -- Older questions have no figure under the commitments in force.
    where bases.cost_basis = 'uncovered' or estimates.committed_after_cost is not null
),

held as (
    select
        *,
        {{ money("case when outcome = 'compared' then window_cost end") }} as actual_cost,
        {{ money("case when outcome = 'compared' then monthly_cost end") }} as actual_monthly_cost
    from compared
)

select
    decision_id,
    address,
    horizon_days,
    cost_basis,
    decided_at,
    applied_day,
    first_day,
    end_day,
    link_source,
    repository,
    pull_request,
    environment,
    service_provider_name,
    resource_type,
    change_kind,
    sku,
    region_id,
    price_source,
    usage_basis,
    billing_currency,
    outcome,
    days_billed,
    estimated_cost,
    low_cost,
    high_cost,
    actual_cost,
    actual_monthly_cost,
    {{ money('estimated_cost - actual_monthly_cost') }} as error_cost,
    {{ exact_ratio('abs(estimated_cost - actual_monthly_cost)', 'abs(actual_monthly_cost)') }}
        as absolute_error_share,
    {{ exact_ratio('actual_monthly_cost * calibration_factor', 'estimated_cost') }} as actual_ratio,
    actual_monthly_cost between low_cost and high_cost as is_within
from held
