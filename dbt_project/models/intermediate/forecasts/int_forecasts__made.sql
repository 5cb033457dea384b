-- Every forecast that was ever made, as it was made: Python replaces its table, so each build keeps what it
-- finds there. Made again on the same day, the later one counts. A full refresh must not forget any of them.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}
select
    *,
    -- Its first day is the one after the last that it was allowed to see.
    cast(min(ds) over (partition by series_id, as_of) - 1 as date) as cutoff
from {{ ref('stg_platform__forecasts') }}
