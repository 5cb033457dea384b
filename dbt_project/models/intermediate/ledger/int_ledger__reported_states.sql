-- What could be reported and when: a span of time in which the same versions of a month were the newest. A
-- month of feeds whose charges depend on each other is one state of all of their exports.
with versions as (
    select
        {{ conformed_unit() }} as unit,
        x_feed, x_export, x_billing_period, x_landing_id, received_at, superseded_at
    from {{ ref('int_ledger__versions') }}
    where x_feed in ({{ conformed_feeds() }})
),

spans as (
    select
        unit, x_billing_period,
        received_at as reported_from,
        lead(received_at) over (partition by unit, x_billing_period order by received_at) as reported_until
    from (select distinct unit, x_billing_period, received_at from versions) as moments
),

members as (
    select
        spans.unit, spans.x_billing_period, spans.reported_from, spans.reported_until,
        versions.x_feed, versions.x_export,
        versions.x_feed || '/' || versions.x_export || '/' || versions.x_landing_id as member
    from spans
    inner join versions
        on spans.unit = versions.unit and spans.x_billing_period = versions.x_billing_period
        and spans.reported_from >= versions.received_at
        and coalesce(spans.reported_from < versions.superseded_at, true)
),

states as (
    select
        unit, x_billing_period, reported_from,
        md5(x_billing_period || '|' || string_agg(member, ',' order by member)) as state_id
    from members
    group by unit, x_billing_period, reported_from
)

select
    states.state_id,
    members.x_feed,
    members.x_export,
    members.x_billing_period,
    members.reported_from,
    members.reported_until
from members
inner join states
    on members.unit = states.unit and members.x_billing_period = states.x_billing_period
    and members.reported_from = states.reported_from
