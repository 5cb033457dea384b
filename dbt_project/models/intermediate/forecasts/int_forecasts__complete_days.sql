-- The newest days of a bill still arrive (LATE_DAYS of orchestration/analytics/series.py), until it has
-- reached the end of its month. What has no usage is as complete as the least complete of the others.
{{ config(materialized='view') }}
{%- set late_days = 2 %}
{%- set today = 'cast(' ~ as_of_now() ~ ' as date)' %}
with providers as (
    select service_provider_name, max(case when charge_category = 'Usage' then charge_date end) as last_day
    from {{ ref('fct_daily_costs') }}
    group by service_provider_name
),

reached as (
    select service_provider_name, coalesce(last_day, min(last_day) over (), {{ today }}) as last_day
    from providers
)

select
    service_provider_name,
    least(
        case when extract(day from last_day + 1) = 1 then last_day else last_day - {{ late_days }} end,
        {{ today }} - {{ late_days }}
    ) as complete_through
from reached
