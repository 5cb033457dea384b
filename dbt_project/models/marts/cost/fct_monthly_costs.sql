-- Months beside the month before, so that what moved is one query. A month whose bill is not complete is
-- compared with as many days of the month before; what ended has one more month, of 0.
{%- set key = [
    'service_provider_name', 'billing_account_id', 'sub_account_id', 'service_name', 'charge_category',
    'billing_currency'
] %}
with days as (
    select
        {{ key | join(', ') }},
        billed_cost,
        effective_cost,
        cast(date_trunc('month', charge_date) as date) as charge_month,
        cast(date_trunc('month', charge_date) + interval '1 month' as date) as next_month,
        cast(extract(day from charge_date) as integer) as day_of_month
    from {{ ref('fct_daily_costs') }}
),

both_months as (
    select
        charge_month,
        {{ key | join(', ') }},
        day_of_month,
        billed_cost,
        effective_cost,
        effective_cost as this_cost,
        0 as previous_cost
    from days
    union all
    select next_month, {{ key | join(', ') }}, day_of_month, 0, 0, 0, effective_cost
    from days
),

with_ends as (
    select *, cast(charge_month + interval '1 month' as date) - 1 as month_end
    from both_months
),

compared as (
    select
        with_ends.*,
        with_ends.month_end <= bill.complete_through as is_complete,
        -- A 31st is compared with the end of a shorter month.
        least(with_ends.charge_month + with_ends.day_of_month - 1, with_ends.month_end)
        <= bill.complete_through as is_compared
    from with_ends
    inner join {{ ref('int_forecasts__complete_days') }} as bill
        on with_ends.service_provider_name = bill.service_provider_name
    -- A month that has not begun is none in which something ended.
    where with_ends.charge_month <= bill.complete_through
        or with_ends.effective_cost <> 0 or with_ends.billed_cost <> 0
)

select
    charge_month,
    {{ key | join(',\n    ') }},
    is_complete,
    {{ money('sum(billed_cost)') }} as billed_cost,
    {{ money('sum(effective_cost)') }} as effective_cost,
    {{ money('sum(case when is_compared then this_cost else 0 end)') }} as compared_cost,
    {{ money('sum(case when is_compared then previous_cost else 0 end)') }} as previous_cost,
    {{ money('sum(case when is_compared then this_cost - previous_cost else 0 end)') }} as change_cost
from compared
group by charge_month, is_complete, {{ key | join(', ') }}
