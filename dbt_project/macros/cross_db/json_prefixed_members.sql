{#-
    The members of a canonical JSON object with a prefix put before each key, without the braces:
    '{"a":"1","b":"2"}' with 'project/' gives '"project/a":"1","project/b":"2"'. Null for null and for {}.
-#}
{% macro json_prefixed_members(expression, prefix) -%}
    {{ return(adapter.dispatch('json_prefixed_members', 'tollgate')(expression, prefix)) }}
{%- endmacro %}

{% macro default__json_prefixed_members(expression, prefix) -%}
    {{ unsupported_engine('json_prefixed_members') }}
{%- endmacro %}

{% macro duckdb__json_prefixed_members(expression, prefix) -%}
    nullif(list_aggregate(list_transform(
        map_entries(cast(cast({{ expression }} as json) as map(varchar, json))),
        lambda entry: concat(cast(to_json('{{ prefix }}' || entry.key) as varchar), ':', cast(entry.value as varchar))
    ), 'string_agg', ','), '')
{%- endmacro %}

{% macro postgres__json_prefixed_members(expression, prefix) -%}
    (
        select string_agg(
            cast(to_json('{{ prefix }}' || entry.key) as text) || ':' || cast(entry.value as text),
            ',' order by entry.position
        )
        from json_each(cast({{ expression }} as json)) with ordinality as entry (key, value, position)
    )
{%- endmacro %}
