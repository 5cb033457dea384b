select
    seq,
    finding_id,
    detector,
    series_id,
    kind,
    first_seen,
    verdict,
    reason,
    until,
    given_at
from {{ source('platform', 'detector_feedback') }}
