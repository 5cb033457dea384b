with counted as (
    select
        detector,
        cast(count(*) as integer) as judged,
        cast(sum(case when verdict = 'true' then 1 else 0 end) as integer) as true_findings,
        cast(sum(case when verdict = 'false' then 1 else 0 end) as integer) as false_findings,
        cast(sum(case when verdict = 'planned' then 1 else 0 end) as integer) as planned_findings,
        max(given_at) as last_given_at
    from {{ ref('stg_platform__detector_feedback') }}
    group by detector
)

select
    detector,
    judged,
    true_findings,
    false_findings,
    planned_findings,
    cast(true_findings as float8) / nullif(true_findings + false_findings, 0) as precision_share,
    last_given_at
from counted
