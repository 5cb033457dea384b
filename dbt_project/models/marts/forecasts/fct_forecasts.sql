-- The contract names the columns.
select * from {{ ref('stg_platform__forecasts') }}
