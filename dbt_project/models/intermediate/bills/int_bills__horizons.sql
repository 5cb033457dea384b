-- As far as the bill of every account reaches that is still in use; its newest day is still being delivered.
with accounts as (
    select service_provider_name, billing_account_id, max(charge_date) as last_day
    from {{ ref('fct_daily_costs') }}
    where charge_category = 'Usage' and charge_date <= cast({{ as_of_now() }} as date)
    group by service_provider_name, billing_account_id
),

newest as (
    select service_provider_name, max(last_day) as last_day
    from accounts
    group by service_provider_name
),

covered as (
    select accounts.service_provider_name, min(accounts.last_day) as last_day
    from accounts
    inner join newest
        on accounts.service_provider_name = newest.service_provider_name
        and accounts.last_day > newest.last_day - 45
    group by accounts.service_provider_name
),

horizons as (
    select 7 as horizon_days
    union all
    select 30 as horizon_days
    union all
    select 60 as horizon_days
)

select
    covered.service_provider_name,
    horizons.horizon_days,
    covered.last_day,
    covered.last_day - 1 - horizons.horizon_days as last_applied_day
from covered
cross join horizons
