{#-
    A JSON object, as text, without the members that another object holds alike: what the first says beyond the
    second, keys sorted. Null where nothing is left.
-#}
{% macro json_without(expression, other) -%}
    {{ return(adapter.dispatch('json_without', 'tollgate')(expression, other)) }}
{%- endmacro %}

{% macro default__json_without(expression, other) -%}
    {{ unsupported_engine('json_without') }}
{%- endmacro %}

{% macro duckdb__json_without(expression, other) -%}
    '{' || nullif(list_aggregate(list_transform(
        list_sort(list_filter(
            map_entries(cast(cast({{ expression }} as json) as map(varchar, json))),
            lambda entry: not list_contains(
                coalesce(map_entries(cast(cast({{ other }} as json) as map(varchar, json))), []), entry
            )
        )),
        lambda entry: concat(cast(to_json(entry.key) as varchar), ':', cast(entry.value as varchar))
    ), 'string_agg', ','), '') || '}'
{%- endmacro %}

{% macro postgres__json_without(expression, other) -%}
    (
        select '{' || string_agg(
            cast(to_json(entry.key) as text) || ':' || cast(entry.value as text), ',' order by entry.key collate "C"
        ) || '}'
        from jsonb_each(cast({{ expression }} as jsonb)) as entry (key, value)
        where not coalesce(cast({{ other }} as jsonb), '{}') @> jsonb_build_object(entry.key, entry.value)
    )
{%- endmacro %}
