-- The newest days of a bill still arrive (LATE_DAYS of orchestration/analytics/series.py): no outcomes yet.
-- What has no usage is as complete as the least complete of the others.
{{ config(materialized='view') }}
{%- set late_days = 2 %}
with providers as (
    select service_provider_name, max(case when charge_category = 'Usage' then charge_date end) as last_day
    from {{ ref('fct_daily_costs') }}
    group by service_provider_name
)

select
    service_provider_name,
    least(
        coalesce(last_day, min(last_day) over ()), cast({{ as_of_now() }} as date)
    ) - {{ late_days }} as complete_through
from providers
