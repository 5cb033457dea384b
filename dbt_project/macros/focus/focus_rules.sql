{#-
    The rules of the seed `focus_rules` that a warehouse must check: those of 1.4, in the engine's own SQL. Left
    out are types and presence, which the contract enforces, and what only a bill can have wrong (held_by 'bill'):
    the landed totals and the key of the charges prove that we add none of it. `known` is the condition on the rows
    that `focus_known_findings` gives a reason for, empty where it has none.
-#}
{% macro focus_rules() -%}
    {%- set seed = ref('focus_rules') -%}
    {%- set expressions_seed = ref('focus_rule_expressions') -%}
    {%- set known_seed = ref('focus_known_findings') -%}
    {%- if not execute or not load_relation(seed) -%}{{ return([]) }}{%- endif -%}
    {%- set expressions = {} -%}
    {%- for row in run_query(
        "select expression, sql from " ~ expressions_seed ~ " where coalesce(engine, '" ~ target.type ~ "') = '" ~ target.type ~ "'"
    ) -%}
        {%- do expressions.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {%- set known = {} -%}
    {%- for row in run_query("select rule_id, origin, known_rows from " ~ known_seed ~ " order by rule_id, origin") -%}
        {%- do known.setdefault(row[0], []).append("x_origin = '" ~ row[1] ~ "' and (" ~ row[2] ~ ")") -%}
    {%- endfor -%}
    {%- set rules = [] -%}
    {%- for row in run_query(
        "select rule_id, scope, considered, group_by, broken from " ~ seed ~ " where scope in ('row', 'group', 'query')"
        ~ " and held_by <> 'bill' and since <= '1.4' and until >= '1.4' order by rule_id"
    ) -%}
        {%- do rules.append({
            'id': row[0], 'scope': row[1], 'considered': row[2] or 'true', 'group_by': row[3],
            'broken': in_own_sql(row[4], expressions), 'known': known.get(row[0], []) | join(' or ')
        }) -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}

{#- A predicate with `{name:argument,…}` replaced by the expression of that name, its $1, $2 … by the arguments. -#}
{% macro in_own_sql(predicate, expressions) -%}
    {%- set text = namespace(sql=predicate) -%}
    {%- for name, arguments in modules.re.findall('[{]([a-z_]+):?([a-z_,]*)[}]', predicate) -%}
        {%- if name not in expressions -%}{{ unsupported_engine('the rule expression ' ~ name) }}{%- endif -%}
        {%- set expression = namespace(sql=expressions[name]) -%}
        {%- for argument in arguments.split(',') -%}
            {%- set expression.sql = expression.sql | replace('$' ~ loop.index, argument) -%}
        {%- endfor -%}
        {%- set call = '{' ~ name ~ (':' ~ arguments if arguments else '') ~ '}' -%}
        {%- set text.sql = text.sql | replace(call, expression.sql) -%}
    {%- endfor -%}
    {{ return(text.sql) }}
{%- endmacro %}
