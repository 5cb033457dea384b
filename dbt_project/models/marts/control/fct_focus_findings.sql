{%- set rules = focus_rules() -%}
{%- set columns = (focus_columns() + focus_custom_columns()) | join(', ') %}
with kubernetes as not materialized (
    select {{ columns }}, x_charge_id as x_row, {{ charge_origin() }} as x_origin
    from {{ ref('fct_kubernetes_charges') }}
    where x_export not in (select x_export from {{ ref('kubernetes_bills_of_record') }})
),

charges as not materialized (
    select {{ columns }}, x_charge_id as x_row, {{ charge_origin() }} as x_origin
    from {{ ref('fct_focus_charges') }}
    union all
    select * from kubernetes
),

broken as (
    select rule_id, x_origin as origin, is_known, rows_found, example
    from {{ ref('int_control__broken_rules') }}
    where rule_id is not null
    union all
    select rule_id, x_origin, is_known, rows_found, example
    from ({{ broken_row_rules(rules, 'kubernetes', []) | indent(4) }}) as kubernetes_rules
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
),

found as (
    select
        rule_id,
        origin,
        is_known,
        sum(rows_found) as rows_found,
        min(example) as example
    from broken
    group by rule_id, origin, is_known
)

select
    found.rule_id,
    found.origin,
    rules.held_by,
    case
        when known.reason is not null then 'warning'
        when rules.held_by = 'form' or found.origin like 'conformed: %' then 'error'
        else 'warning'
    end as severity,
    rules.requirement,
    known.reason as known_reason,
    cast(found.rows_found as bigint) as rows_found,
    found.example as example_charge_id
from found
inner join {{ ref('focus_rules') }} as rules
    on found.rule_id = rules.rule_id
left join {{ ref('focus_known_findings') }} as known
    on found.is_known and found.rule_id = known.rule_id and found.origin = known.origin
