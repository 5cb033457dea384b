-- What detectors found, and closed months whose bill was changed afterwards.
with restated as (
    select
        x_feed || '/' || x_export || '/' || x_billing_period || '/' || billing_account_id as series_id,
        x_feed, x_export, x_billing_period, version_number, billing_currency, measure, received_at,
        sum(old_amount) as old_amount,
        sum(new_amount) as new_amount,
        -- Billed cost comes before effective cost: one finding where a bill has both.
        row_number() over (
            partition by
                x_feed, x_export, x_billing_period, version_number, billing_account_id, billing_currency
            order by measure
        ) as place
    from {{ ref('fct_billing_period_restatements') }}
    where is_of_closed_period
    group by
        x_feed, x_export, x_billing_period, version_number, billing_account_id, billing_currency, measure,
        received_at
)


select
    finding_id,
    series_id,
    service_provider_name,
    sub_account_id,
    service_name,
    billing_currency,
    kind,
    first_seen,
    last_seen,
    status,
    state,
    detected_on,
    delay_days,
    reopened,
    expected_cost,
    actual_cost,
    impact_cost,
    monthly_cost,
    score,
    detectors,
    why,
    drivers,
    suppressed_by,
    parent_finding_id,
    arrived_share,
    as_of,
    level,
    member
from {{ ref('stg_platform__anomalies') }}
union all
select
    md5(
        restated.series_id || '|' || restated.billing_currency || '|'
        || cast(restated.version_number as text)
    ),
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
    null
from restated
where restated.place = 1
