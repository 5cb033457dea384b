select
    action_id,
    horizon_days,
    billing_currency,
    cast(count(*) as integer) as applied_actions,
    cast(sum(case when outcome = 'compared' then 1 else 0 end) as integer) as compared_actions,
    cast(sum(case when outcome = 'undone' then 1 else 0 end) as integer) as undone_actions,
    {{ money("sum(case when outcome = 'compared' then expected_monthly_saving end)") }}
        as expected_monthly_saving,
    {{ money('sum(actual_monthly_saving)') }} as actual_monthly_saving,
    {{ exact_ratio(
        'sum(actual_monthly_saving)', "sum(case when outcome = 'compared' then expected_monthly_saving end)"
    ) }} as actual_ratio,
    cast(sum(case when is_within then 1 else 0 end) as integer) as actions_within
from {{ ref('fct_savings') }}
group by action_id, horizon_days, billing_currency
