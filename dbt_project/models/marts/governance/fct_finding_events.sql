-- A first day is sure to a day or two; what came a week before may have taken that long to show. Where a
-- provider sees many deployments, those that share no more with the finding tell little: the nearest do.
{%- set days_before, days_after, listed = 7, 2, 20 %}
with resources as (
    select distinct finding_id, lower(resource_id) as resource_id
    from {{ ref('fct_anomaly_drivers') }}
    where resource_id is not null and resource_id <> '(none)'
),

near as (
    select
        findings.finding_id,
        findings.first_seen,
        events.*,
        -- The nearer it is to what moved, the smaller.
        case
            when resources.resource_id is not null then 1
            when events.service_name is not null then 2
            when events.sub_account_id is not null then 3
            else 4
        end as distance
    from {{ ref('fct_findings') }} as findings
    inner join {{ ref('int_findings__events') }} as events
        on events.happened_on >= findings.first_seen - {{ days_before }}
        and events.happened_on <= findings.first_seen + {{ days_after }}
        and coalesce(events.service_provider_name, findings.service_provider_name)
        = findings.service_provider_name
        and coalesce(events.sub_account_id, findings.sub_account_id) = findings.sub_account_id
        and coalesce(events.service_name, findings.service_name) = findings.service_name
        and coalesce(events.billing_currency, findings.billing_currency) = findings.billing_currency
    left join resources
        on findings.finding_id = resources.finding_id
        and (
            resources.resource_id = lower(events.resource_id)
            -- Some bills have the ARN or the path of what an action names by its last part.
            or right(resources.resource_id, length(events.resource_id) + 1) = '/' || lower(events.resource_id)
        )
),

-- A deployment of many resources is one event, as near as the nearest of them.
once as (
    select
        finding_id,
        event_kind,
        event_id,
        min(distance) as distance,
        min(first_seen) as first_seen,
        min(happened_on) as happened_on,
        max(monthly_cost) as monthly_cost,
        max(cost_currency) as cost_currency,
        max(description) as description
    from near
    group by finding_id, event_kind, event_id
),

ranked as (
    select
        once.*,
        row_number() over (
            partition by finding_id
            order by distance, abs(first_seen - happened_on), event_kind, event_id
        ) as event_rank
    from once
)

select
    finding_id,
    cast(event_rank as integer) as event_rank,
    event_kind,
    event_id,
    happened_on,
    cast(first_seen - happened_on as integer) as days_before,
    case distance when 1 then 'resource' when 2 then 'service' when 3 then 'account' else 'provider' end
        as shared_place,
    {{ money('monthly_cost') }} as monthly_cost,
    cost_currency as billing_currency,
    description
from ranked
where event_rank <= {{ listed }}
