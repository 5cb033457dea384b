-- The parts that were ever forecast, kept as int_forecasts__made keeps what they add up to.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='as_of',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}
select * from {{ ref('stg_platform__forecast_parts') }}
