{#- Where a charge comes from, as its findings are grouped: `origin` in the seed `focus_known_findings`. -#}
{% macro charge_origin() -%}
    case
        when position('focus' in x_feed) > 0 then 'vendor: ' || x_export
        when x_conformance_note is not null then 'noted: ' || x_conformance_note
        -- aws_cur2 and aws_cur_legacy are conformed by the same models.
        else 'conformed: ' || split_part(x_feed, '_', 1)
    end
{%- endmacro %}

{#-
    The rules on single rows that rows of the CTE `charges` (which has x_origin) break: `keys`, x_origin, rule_id,
    is_known, rows_found, example. A rule with known findings is two checks: of the rows that they are about, and of
    all others. All rules are asked in one scan, which hardly any row outlives, and told apart only of those.
-#}
{% macro broken_row_rules(rules, charges, keys) -%}
    {%- set checks = [] -%}
    {%- for rule in rules if rule.scope == 'row' -%}
        {%- if rule.known -%}
            {%- set known = 'coalesce(' ~ rule.known ~ ', false)' -%}
            {%- do checks.append({'id': rule.id, 'is_known': 'true', 'broken': '(' ~ rule.broken ~ ') and ' ~ known}) -%}
            {%- do checks.append({'id': rule.id, 'is_known': 'false', 'broken': '(' ~ rule.broken ~ ') and not ' ~ known}) -%}
        {%- else -%}
            {%- do checks.append({'id': rule.id, 'is_known': 'false', 'broken': rule.broken}) -%}
        {%- endif -%}
    {%- endfor -%}
    select
        {%- for key in keys %}
        counted.{{ key }},
        {%- endfor %}
        counted.x_origin,
        listed.rule_id,
        listed.is_known,
        cast(listed.rows_found as bigint) as rows_found,
        listed.example
    from (
        select
            {%- for check in checks %}
            count(case when {{ check.broken }} then 1 end) as rows_{{ loop.index }},
            min(case when {{ check.broken }} then x_charge_id end) as example_{{ loop.index }},
            {%- endfor %}
            {{ (keys + ['x_origin']) | join(', ') }}
        from (
            select *
            from {{ charges }}
            where
                {%- for check in checks %}
                {% if not loop.first %}or {% endif %}({{ check.broken }})
                {%- else %}
                false
                {%- endfor %}
        ) as suspects
        group by {{ (keys + ['x_origin']) | join(', ') }}
    ) as counted
    cross join lateral (
        values
        {%- for check in checks %}
        ('{{ check.id }}', {{ check.is_known }}, rows_{{ loop.index }}, example_{{ loop.index }}){{ ',' if not loop.last }}
        {%- else %}
        (cast(null as text), false, 0, cast(null as text))
        {%- endfor %}
    ) as listed (rule_id, is_known, rows_found, example)
    where listed.rows_found > 0
{%- endmacro %}
