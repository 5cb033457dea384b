{#-
    A select with one row per key of a JSON object: the given columns, then json_key and json_value (text).
    Rows whose object is null or empty vanish.
-#}
{% macro json_entries(relation, columns, json_column) -%}
    {{ return(adapter.dispatch('json_entries', 'tollgate')(relation, columns, json_column)) }}
{%- endmacro %}

{% macro default__json_entries(relation, columns, json_column) -%}
    {{ unsupported_engine('json_entries') }}
{%- endmacro %}

{% macro duckdb__json_entries(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        entry.key as json_key,
        entry.value as json_value
    from (
        select
            {{ columns | join(', ') }},
            unnest(map_entries(cast(cast({{ json_column }} as json) as map(varchar, varchar)))) as entry
        from {{ relation }}
    )
{%- endmacro %}

{% macro postgres__json_entries(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        entry.key as json_key,
        entry.value as json_value
    from {{ relation }}
    cross join lateral jsonb_each_text(cast({{ json_column }} as jsonb)) as entry
{%- endmacro %}
