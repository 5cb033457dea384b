-- Versions of landed months in the order in which they were received, and what each was when it was newest:
-- preliminary until the month closes, final where it closed with it, restated where it came after that. A
-- month closes so many days after its end, but not before it was delivered once more after its end; and at
-- once with a delivery after its end in which every cost stands on an invoice.
{%- set partition_key = 'x_feed, x_export, x_billing_period' %}
with timed as (
    select
        versions.*,
        {{ month_end('x_billing_period') }} as period_end,
        lag(received_at) over (partition by {{ partition_key }} order by version_age) as superseded_at,
        max(version_age) over (partition by {{ partition_key }}) as oldest_age,
        -- The same files landed anew, by a later contract, restate nothing.
        source_files <> lag(source_files) over (
            partition by {{ partition_key }} order by version_age desc
        ) as has_other_files,
        min(case when received_at >= {{ month_end('x_billing_period') }} then received_at end)
            over (partition by {{ partition_key }}) as completed_at,
        min(case
            when uninvoiced_rows = 0 and received_at >= {{ month_end('x_billing_period') }} then received_at
        end) over (partition by {{ partition_key }}) as invoiced_at
    from {{ ref('stg_landing__versions') }} as versions
),

due as (
    select timed.*, period_end + interval '{{ var("month_close_days") }} days' as due_at
    from timed
),

closing as (
    select
        due.*,
        case
            when invoiced_at < due_at then invoiced_at
            when completed_at > due_at then completed_at
            else due_at
        end as closes_at
    from due
),

judged as (
    select
        closing.*,
        count(case when received_at > closes_at and has_other_files then 1 end) over (
            partition by {{ partition_key }} order by version_age desc
        ) as changes_after_close
    from closing
)

select
    x_feed,
    x_export,
    x_billing_period,
    x_landing_id,
    version_age,
    oldest_age - version_age + 1 as version_number,
    row_count,
    received_at,
    superseded_at,
    closes_at,
    case
        when closes_at > {{ as_of_now() }} or superseded_at <= closes_at then 'preliminary'
        when changes_after_close = 0 then 'final'
        else 'restated'
    end as version_status,
    source_files
from judged
