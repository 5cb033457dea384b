{#- The default branch of every dispatched macro: an engine nobody wrote and tested must not half work. -#}
{% macro unsupported_engine(macro_name) -%}
    {{ exceptions.raise_compiler_error(
        "macro " ~ macro_name ~ " has no branch for " ~ target.type
        ~ "; add " ~ target.type ~ "__" ~ macro_name ~ " in dbt_project/macros/cross_db/" ~ macro_name ~ ".sql"
    ) }}
{%- endmacro %}
