{#-
    PostgreSQL plans with what ANALYZE has seen, and looks at new tables only minutes later: a hook after each table
    lets the next model, and whoever queries at once, not be planned as if it had one row.
-#}
{% macro with_statistics() -%}
    {%- if target.type == 'postgres' and model.config.materialized in ('table', 'incremental', 'seed') -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
