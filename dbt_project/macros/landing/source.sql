{#-
    dbt's `source`, with the lake of the installation that the build runs for. Put in only when executed: rendered while
    parsing, it would tie the parsed project to one TOLLGATE_HOME.
-#}
{% macro source(source_name, table_name) -%}
    {%- set relation = builtins.source(source_name, table_name) -%}
    {%- if execute and relation.external -%}
        {%- set home = env_var('TOLLGATE_HOME', '.tollgate') -%}
        {%- set relation = relation.replace(external=relation.external | replace('<TOLLGATE_HOME>', home)) -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro %}
