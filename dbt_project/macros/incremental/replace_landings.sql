{#-
    The incremental strategy `replace_landings`: in one transaction, whole landed partitions go and come, and
    where the plan says so the record of what was conformed with them. A merge would keep what the provider withdrew.
-#}
{% macro get_incremental_replace_landings_sql(arguments) -%}
    {%- set plan = plan_of(sql) -%}
    {%- set target_relation = arguments.target_relation -%}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- if plan.all or plan.changed or plan.gone %}
    delete from {{ target_relation }}{{ where_partition_in(plan) }};
    insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ arguments.temp_relation }};
    {{ record_landings(plan) if plan.recorded }}
    {%- else %}
    select 'nothing has changed' as reason
    {%- endif %}
{%- endmacro %}

{#- The hook of the first build and of a full refresh, in the transaction that creates the table. -#}
{% macro record_conformed_landings() -%}
    {%- set plan = plan_of(model.compiled_code or '') -%}
    {%- if plan and not is_incremental() %}{{ record_landings(plan) }}{% endif -%}
{%- endmacro %}

{% macro record_landings(plan) -%}
    delete from {{ conformed_landings() }}{{ where_partition_in(plan) }}
    {%- if plan.changed %};
    insert into {{ conformed_landings() }} (x_feed, x_export, x_billing_period, x_landing_id, definition, conformed_by)
    values
    {% for partition in plan.changed -%}
    ({{ literals(partition + [plan.definition, invocation_id]) }}){{ ', ' if not loop.last }}
    {%- endfor %}
    {%- endif %}
{%- endmacro %}

{% macro where_partition_in(plan) -%}
    {%- if not plan.all %} where (x_feed, x_export, x_billing_period) in (
        {%- for partition in plan.changed + plan.gone -%}
        ({{ literals(partition[:3]) }}){{ ', ' if not loop.last }}
        {%- endfor -%}
    ){%- endif -%}
{%- endmacro %}

{% macro literals(values) -%}
    {%- for value in values -%}'{{ value | replace("'", "''") }}'{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{#- A plan as the comment that `plan_of` reads back. -#}
{% macro written_plan(plan) -%}
-- conform plan: {{ tojson(plan) }}
{%- endmacro %}

{#- Reads the plan back from the comment that the model wrote; none where there is no comment. -#}
{% macro plan_of(compiled) -%}
    {%- for line in compiled.splitlines() if line.startswith('-- conform plan: ') -%}
        {{ return(fromjson(line[17:])) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{#- The condition that picks partitions; none where there are none. -#}
{% macro partitions_filter(partitions) -%}
    {%- set exports = {} -%}
    {%- for partition in partitions -%}
        {%- do exports.setdefault(partition[0] ~ '|' ~ partition[1], [partition[0], partition[1], []])[2].append(partition[2]) -%}
    {%- endfor -%}
    {%- if not exports -%}{{ return(none) }}{%- endif -%}
    {%- set periods = partitions | map(attribute=2) | unique | sort -%}
    {%- set conditions = [] -%}
    {%- for entry in exports.values() -%}
        {%- do conditions.append(
            "(x_feed = " ~ literals([entry[0]]) ~ " and x_export = " ~ literals([entry[1]])
            ~ " and x_billing_period in (" ~ literals(entry[2]) ~ "))"
        ) -%}
    {%- endfor -%}
    {{ return("x_billing_period in (" ~ literals(periods) ~ ")\n    and (" ~ conditions | join("\n        or ") ~ ")") }}
{%- endmacro %}
