-- What detectors found, and closed months whose bill was changed afterwards.
with restated as (
    select
        finding_id,
        x_feed || '/' || x_export || '/' || x_billing_period || '/' || billing_account_id as series_id,
        x_feed, x_export, x_billing_period, version_number, billing_currency, measure, received_at,
        sum(old_amount) as old_amount,
        sum(new_amount) as new_amount,
        -- Billed cost comes before effective cost: one finding where a bill has both.
        row_number() over (partition by finding_id order by measure) as place
    from {{ ref('fct_billing_period_restatements') }}
    where is_of_closed_period
    group by
        finding_id, x_feed, x_export, x_billing_period, version_number, billing_account_id, billing_currency,
        measure, received_at
)

select
    anomalies.finding_id,
    anomalies.series_id,
    anomalies.service_provider_name,
    anomalies.sub_account_id,
    anomalies.service_name,
    anomalies.billing_currency,
    anomalies.kind,
    anomalies.first_seen,
    anomalies.last_seen,
    anomalies.status,
    anomalies.state,
    anomalies.detected_on,
    anomalies.delay_days,
    anomalies.reopened,
    anomalies.expected_cost,
    anomalies.actual_cost,
    anomalies.impact_cost,
    anomalies.monthly_cost,
    anomalies.score,
    anomalies.detectors,
    anomalies.why,
    anomalies.drivers,
    anomalies.suppressed_by,
    anomalies.parent_finding_id,
    anomalies.arrived_share,
    anomalies.as_of,
    anomalies.level,
    anomalies.member,
    -- Whom to ask: who owns what moved most, else who pays for the account by default.
    coalesce(
        case when anomalies.level = 'owner' then nullif(anomalies.member, '(none)') end,
        drivers.owner,
        defaults.owner
    ) as owner
from {{ ref('stg_platform__anomalies') }} as anomalies
left join {{ ref('fct_anomaly_drivers') }} as drivers
    on anomalies.finding_id = drivers.finding_id and drivers.driver_rank = 1
left join {{ ref('sub_account_owners') }} as defaults on anomalies.sub_account_id = defaults.sub_account_id
union all
select
    restated.finding_id,
    restated.series_id,
    null,
    null,
    null,
    restated.billing_currency,
    'restated_period',
    cast(restated.received_at as date),
    cast(restated.received_at as date),
    case
        when restated.received_at + interval '{{ var("restatement_open_days") }} days' > {{ as_of_now() }}
            then 'open'
        else 'resolved'
    end,
    case
        when restated.received_at + interval '{{ var("restatement_open_days") }} days' > {{ as_of_now() }}
            then 'opened'
        else 'resolved'
    end,
    cast(restated.received_at as date),
    0,
    0,
    {{ money('restated.old_amount') }},
    {{ money('restated.new_amount') }},
    {{ money('restated.new_amount - restated.old_amount') }},
    null,
    null,
    'month_close',
    'The closed month ' || restated.x_billing_period || ' of ' || restated.x_feed || '/' || restated.x_export
    || ' was changed: ' || restated.measure || ' differs by '
    || cast({{ money('restated.new_amount - restated.old_amount') }} as text) || ' '
    || restated.billing_currency,
    null,
    null,
    null,
    null,
    cast(restated.received_at as date),
    null,
    null,
    null
from restated
where restated.place = 1
