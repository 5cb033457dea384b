{#-
    What of the lake must be conformed now: {'all', 'definition', 'changed', 'gone', 'recorded'}, partitions as
    [feed, export, period, landing id]. The model writes it into its own SQL as a comment, so that what is
    deleted, inserted and recorded is decided once, however the lake changes meanwhile.
-#}
{% macro conform_plan(incremental) -%}
    {%- set plan = {'all': true, 'definition': focus_definition(), 'changed': [], 'gone': [], 'recorded': true} -%}
    {%- set landings = ref('stg_landing__control_totals') -%}
    {%- if not execute or not load_relation(landings) -%}
        {{ return(plan) }}
    {%- endif -%}

    {%- set feeds = [] -%}
    {%- for family in focus_families().values() -%}{%- do feeds.extend(family.feeds) -%}{%- endfor -%}
    {%- set landed = partitions_of(
        "select distinct x_feed, x_export, x_billing_period, x_landing_id from " ~ landings
        ~ " where x_feed in ('" ~ feeds | join("', '") ~ "') order by 1, 2, 3"
    ) -%}
    {%- set known = partitions_of(
        "select x_feed, x_export, x_billing_period, x_landing_id from " ~ conformed_landings()
        ~ " where definition = '" ~ plan.definition ~ "'"
    ) if incremental else [] -%}
    {%- do plan.update(partitions_to_replace(landed, known)) -%}
    {%- if plan.all -%}{{ return(plan) }}{%- endif -%}

    {%- for family in focus_families().values() if family.together -%}
        {%- set periods = [] -%}
        {%- for partition in plan.changed + plan.gone if partition[0] in family.feeds -%}
            {%- do periods.append(partition[2]) -%}
        {%- endfor -%}
        {%- for partition in landed
            if partition[0] in family.feeds and partition[2] in periods and partition not in plan.changed -%}
            {%- do plan.changed.append(partition) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(plan) }}
{%- endmacro %}

{#- {'all', 'changed', 'gone'}: what differs between two lists of partitions, each with its version last. -#}
{% macro partitions_to_replace(wanted, known) -%}
    {%- set found = {'all': not known, 'changed': [], 'gone': []} -%}
    {%- set known_keys = known | map('join', '|') | list -%}
    {%- set places = [] -%}
    {%- for partition in wanted -%}
        {%- do places.append(partition[:3] | join('|')) -%}
        {%- if partition | join('|') not in known_keys -%}{%- do found.changed.append(partition) -%}{%- endif -%}
    {%- endfor -%}
    {%- for partition in known if partition[:3] | join('|') not in places -%}
        {%- do found.gone.append(partition) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro partitions_of(query) -%}
    {%- set partitions = [] -%}
    {%- for row in run_query(query) -%}
        {%- do partitions.append([row[0] | string, row[1] | string, row[2] | string, row[3] | string]) -%}
    {%- endfor -%}
    {{ return(partitions) }}
{%- endmacro %}

{#- Where it is recorded which landing of each partition the charges come from. -#}
{% macro conformed_landings() -%}
    {{ return(api.Relation.create(database=target.database, schema='platform', identifier='conformed_landings')) }}
{%- endmacro %}

{#- A fingerprint of everything the charges are made by: models, seeds and the version of the macros. -#}
{% macro focus_definition() -%}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set parts = [var('focus_logic_version')] -%}
    {%- set seen = [] -%}
    {%- set todo = [model.unique_id] -%}
    {%- for _ in range(200) if todo -%}
        {%- set node = graph.nodes.get(todo.pop()) -%}
        {%- if node and node.unique_id not in seen -%}
            {%- do seen.append(node.unique_id) -%}
            {%- do parts.append(node.name ~ ':' ~ node.checksum.checksum) -%}
            {%- do todo.extend(node.depends_on.get('nodes', [])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(parts | sort | join('|'))) }}
{%- endmacro %}
