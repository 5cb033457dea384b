{#-
    Which conformed partitions must be held against the rules: those that were conformed since, or all where the
    rules are others. Like `conform_plan`, with [feed, export, period, the build that conformed it].
-#}
{% macro judge_plan(incremental, rules) -%}
    {%- set plan = {'all': true, 'definition': local_md5(tojson(rules)), 'changed': [], 'gone': [], 'recorded': false} -%}
    {%- if execute -%}
        {%- set conformed = partitions_of(
            "select x_feed, x_export, x_billing_period, coalesce(conformed_by, '') from " ~ conformed_landings()
            ~ " order by 1, 2, 3"
        ) -%}
        {%- set judged = partitions_of(
            "select distinct x_feed, x_export, x_billing_period, conformed_by from " ~ this
            ~ " where definition = '" ~ plan.definition ~ "'"
        ) if incremental else [] -%}
        {%- do plan.update(partitions_to_replace(conformed, judged)) -%}
    {%- endif -%}
    {{ return(plan) }}
{%- endmacro %}
