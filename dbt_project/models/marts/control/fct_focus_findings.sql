{%- set rules = focus_rules() -%}
{%- set row_rules = rules | selectattr('scope', 'equalto', 'row') | list -%}
{#- A rule with known findings is two checks: of the rows that they are about, and of all others. -#}
{%- set row_checks = [] -%}
{%- for rule in row_rules -%}
    {%- if rule.known -%}
        {%- set known = 'coalesce(' ~ rule.known ~ ', false)' -%}
        {%- do row_checks.append({'id': rule.id, 'is_known': 'true', 'broken': '(' ~ rule.broken ~ ') and ' ~ known}) -%}
        {%- do row_checks.append({'id': rule.id, 'is_known': 'false', 'broken': '(' ~ rule.broken ~ ') and not ' ~ known}) -%}
    {%- else -%}
        {%- do row_checks.append({'id': rule.id, 'is_known': 'false', 'broken': rule.broken}) -%}
    {%- endif -%}
{%- endfor -%}
{%- set columns = (focus_columns() + focus_custom_columns()) | join(', ') %}
with everything as not materialized (
    select {{ columns }}
    from {{ ref('fct_focus_charges') }}
    union all
    select {{ columns }}
    from {{ ref('fct_kubernetes_charges') }}
    where x_export not in (select x_export from {{ ref('kubernetes_bills_of_record') }})
),

charges as not materialized (
    select
        *,
        x_charge_id as x_row,
        case
            when position('focus' in x_feed) > 0 then 'vendor: ' || x_export
            when x_conformance_note is not null then 'noted: ' || x_conformance_note
            -- aws_cur2 and aws_cur_legacy are conformed by the same models.
            else 'conformed: ' || split_part(x_feed, '_', 1)
        end as x_origin
    from everything
),

-- All rules on single rows in one scan, which hardly any row outlives.
suspects as materialized (
    select *
    from charges
    where
        {%- for check in row_checks %}
        {% if not loop.first %}or {% endif %}({{ check.broken }})
        {%- else %}
        false
        {%- endfor %}
),

counted as materialized (
    select
        {%- for check in row_checks %}
        count(case when {{ check.broken }} then 1 end) as rows_{{ loop.index }},
        min(case when {{ check.broken }} then x_row end) as example_{{ loop.index }},
        {%- endfor %}
        x_origin
    from suspects
    group by x_origin
),

broken as (
    select
        cast(null as text) as rule_id,
        cast(null as text) as origin,
        false as is_known,
        0 as rows_found,
        cast(null as text) as example
    where false
    {%- if row_checks %}
    union all
    select listed.rule_id, counted.x_origin, listed.is_known, listed.rows_found, listed.example
    from counted
    cross join lateral (
        values
        {%- for check in row_checks %}
        ('{{ check.id }}', {{ check.is_known }}, rows_{{ loop.index }}, example_{{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (rule_id, is_known, rows_found, example)
    where listed.rows_found > 0
    {%- endif %}
    {%- for rule in rules if rule.scope == 'group' %}
    union all
    select '{{ rule.id }}', x_origin, false, sum(rows_found), min(example)
    from (
        select x_origin, count(*) as rows_found, min(x_row) as example
        from charges
        where {{ rule.considered }}
        group by x_origin, {{ rule.group_by }}
        having {{ rule.broken }}
    ) as groups
    group by x_origin
    {%- endfor %}
    {%- for rule in rules if rule.scope == 'query' %}
    union all
    select '{{ rule.id }}', x_origin, false, sum(rows_found), min(example)
    from ({{ rule.broken }}) as found
    group by x_origin
    {%- endfor %}
)

select
    broken.rule_id,
    broken.origin,
    rules.held_by,
    case
        when known.reason is not null then 'warning'
        when rules.held_by = 'form' or broken.origin like 'conformed: %' then 'error'
        else 'warning'
    end as severity,
    rules.requirement,
    known.reason as known_reason,
    cast(broken.rows_found as bigint) as rows_found,
    broken.example as example_charge_id
from broken
inner join {{ ref('focus_rules') }} as rules
    on broken.rule_id = rules.rule_id
left join {{ ref('focus_known_findings') }} as known
    on broken.is_known and broken.rule_id = known.rule_id and broken.origin = known.origin
