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
inner join {{ ref('int_bills__horizons') }} as horizons
    on linked.service_provider_name = horizons.service_provider_name
    and linked.applied_day <= horizons.last_applied_day
left join succeeded
    on linked.decision_id = succeeded.decision_id and linked.address = succeeded.address
where succeeded.next_day is null or linked.applied_day + 1 + horizons.horizon_days <= succeeded.next_day
