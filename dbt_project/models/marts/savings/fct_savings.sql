-- A month has 30 days, as it has for what proposals expect to save.
{%- set month_days = 30 %}
-- The days on which the action took effect are neither before nor after.
{%- set within_window %}
        and windows.before_first_day <= daily.charge_date
        and windows.end_day > daily.charge_date
        and (windows.started_day > daily.charge_date or windows.first_day <= daily.charge_date)
{%- endset %}
with costs as (
    select
        windows.plan_id,
        windows.horizon_days,
        max(case when daily.billing_currency <> actions.billing_currency then 1 else 0 end) = 1
            as is_other_currency,
        max(case when daily.has_long_charges then 1 else 0 end) = 1 as has_long_charges,
        {{ money("coalesce(sum(case
            when daily.is_target and daily.charge_date < windows.started_day then daily.effective_cost
        end), 0)") }} as before_cost,
        {{ money("coalesce(sum(case
            when daily.is_target and daily.charge_date < windows.started_day then daily.committed_cost
        end), 0)") }} as committed_cost,
        {{ money("coalesce(sum(case
            when daily.is_target and daily.charge_date >= windows.first_day then daily.effective_cost
        end), 0)") }} as after_cost,
        {{ money("coalesce(sum(case
            when not daily.is_target and daily.charge_date >= windows.first_day then daily.effective_cost
        end), 0)") }} as kept_cost
    from {{ ref('int_savings__windows') }} as windows
    inner join {{ ref('int_savings__actions') }} as actions on windows.plan_id = actions.plan_id
    left join {{ ref('int_savings__daily_costs') }} as daily
        on windows.plan_id = daily.plan_id
        {{- within_window }}
    group by windows.plan_id, windows.horizon_days
),

accounts as (
    select distinct plan_id, billing_account_id
    from {{ ref('int_savings__daily_costs') }}
    where is_target
),

-- What is absent from a bill that did not come was not saved.
delivered as (
    select
        windows.plan_id,
        windows.horizon_days,
        count(distinct daily.charge_date) as days
    from {{ ref('int_savings__windows') }} as windows
    inner join {{ ref('int_savings__actions') }} as actions on windows.plan_id = actions.plan_id
    inner join accounts on windows.plan_id = accounts.plan_id
    inner join {{ ref('fct_daily_costs') }} as daily
        on actions.service_provider_name = daily.service_provider_name
        and accounts.billing_account_id = daily.billing_account_id
        and daily.charge_category = 'Usage'
        {{- within_window }}
    group by windows.plan_id, windows.horizon_days
),

judged as (
    select
        actions.*,
        windows.horizon_days,
        windows.before_first_day,
        windows.before_days,
        windows.first_day,
        windows.end_day,
        costs.before_cost,
        costs.committed_cost,
        costs.after_cost,
        costs.kept_cost,
        case
            when actions.undone_day < windows.end_day then 'undone'
            when actions.next_day < windows.end_day then 'superseded'
            when costs.is_other_currency then 'other_currency'
            when costs.has_long_charges then 'not_daily'
            when costs.before_cost <= 0 then 'not_billed'
            when delivered.days < windows.before_days + windows.horizon_days then 'not_delivered'
            else 'compared'
        end as outcome
    from {{ ref('int_savings__windows') }} as windows
    inner join {{ ref('int_savings__actions') }} as actions on windows.plan_id = actions.plan_id
    inner join costs
        on windows.plan_id = costs.plan_id and windows.horizon_days = costs.horizon_days
    left join delivered
        on windows.plan_id = delivered.plan_id and windows.horizon_days = delivered.horizon_days
),

monthly as (
    select
        *,
        {%- for cost, days in [
            ('before', 'before_days'), ('committed', 'before_days'), ('after', 'horizon_days'), ('kept', 'horizon_days')
        ] %}
        {{ exact_ratio(
            "case when outcome = 'compared' then " ~ cost ~ '_cost * ' ~ month_days ~ ' end', days
        ) }} as {{ cost }}_monthly_cost{{ ',' if not loop.last }}
        {%- endfor %}
    from judged
),

saved as (
    select
        *,
        {{ money('before_monthly_cost - after_monthly_cost - kept_monthly_cost') }} as actual_monthly_saving
    from monthly
)

select
    plan_id,
    horizon_days,
    proposal_id,
    action_id,
    service_provider_name,
    account_id,
    resource_id,
    owner,
    billing_currency,
    applied_at,
    applied_day,
    before_first_day,
    before_days,
    first_day,
    end_day,
    outcome,
    expected_monthly_saving,
    saving_low,
    saving_high,
    before_monthly_cost,
    committed_monthly_cost,
    after_monthly_cost,
    kept_monthly_cost,
    actual_monthly_saving,
    {{ exact_ratio('actual_monthly_saving', 'expected_monthly_saving') }} as actual_ratio,
    actual_monthly_saving between saving_low and saving_high as is_within
from saved
