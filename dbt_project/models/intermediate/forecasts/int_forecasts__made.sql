select
    *,
    -- Its first day is the one after the last that it was allowed to see.
    cast(min(ds) over (partition by series_id, as_of) - 1 as date) as cutoff
from {{ ref('stg_platform__forecasts') }}
