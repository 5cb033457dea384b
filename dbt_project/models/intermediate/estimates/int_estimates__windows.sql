-- Whole days after the day of the apply, until the same resource is linked to a later estimate.
with linked as (
    select
        links.decision_id,
        links.address,
        estimates.service_provider_name,
        cast(min(links.applied_at) as date) as applied_day,
        min(links.link_source) as link_source
    from {{ ref('stg_platform__estimate_links') }} as links
    inner join {{ ref('stg_platform__estimates') }} as estimates
        on links.decision_id = estimates.decision_id and links.address = estimates.address
    where estimates.status = 'priced' and estimates.price_source <> 'free'
    group by links.decision_id, links.address, estimates.service_provider_name
),

succeeded as (
    select
        links.decision_id,
        links.address,
        min(cast(later.applied_at as date)) as next_day
    from {{ ref('stg_platform__estimate_links') }} as links
    inner join {{ ref('stg_platform__estimate_links') }} as later
        on links.resource_name = later.resource_name
        and links.part = 0
        and later.part = 0
        and links.applied_at < later.applied_at
    group by links.decision_id, links.address
),

accounts as (
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

-- As far as the bill of every account reaches that is still in use; its newest day is still being delivered.
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
    linked.decision_id,
    linked.address,
    linked.service_provider_name,
    linked.link_source,
    horizons.horizon_days,
    linked.applied_day,
    linked.applied_day + 1 as first_day,
    linked.applied_day + 1 + horizons.horizon_days as end_day
from linked
cross join horizons
inner join covered
    on linked.service_provider_name = covered.service_provider_name
    and linked.applied_day + 1 + horizons.horizon_days <= covered.last_day
left join succeeded
    on linked.decision_id = succeeded.decision_id and linked.address = succeeded.address
where succeeded.next_day is null or linked.applied_day + 1 + horizons.horizon_days <= succeeded.next_day
