{{ config(
    materialized='incremental',
    incremental_strategy='replace_landings',
    on_schema_change='append_new_columns',
) }}
{%- set rules = focus_rules() -%}
{%- set plan = judge_plan(is_incremental(), rules) -%}
{%- set keys = ['x_feed', 'x_export', 'x_billing_period'] %}
{{ written_plan(plan) }}
with landings (x_feed, x_export, x_billing_period, conformed_by) as (
    {%- if plan.changed %}
    values
    {%- for partition in plan.changed %}
    ({{ literals(partition) }}){{ ',' if not loop.last }}
    {%- endfor %}
    {%- else %}
    select cast(null as text), cast(null as text), cast(null as text), cast(null as text)
    where false
    {%- endif %}
),

charges as not materialized (
    select *, {{ charge_origin() }} as x_origin
    from {{ ref('fct_focus_charges') }}
    where {{ partitions_filter(plan.changed) or 'false' }}
),

broken as (
    {{ broken_row_rules(rules, 'charges', keys) | indent(4) }}
)

-- A partition that breaks no rule has one row without one.
select
    landings.x_feed,
    landings.x_export,
    landings.x_billing_period,
    landings.conformed_by,
    '{{ plan.definition }}' as definition,
    broken.x_origin,
    broken.rule_id,
    broken.is_known,
    broken.rows_found,
    broken.example
from landings
left join broken
    on landings.x_feed = broken.x_feed
    and landings.x_export = broken.x_export
    and landings.x_billing_period = broken.x_billing_period
