{#- The id (or else the name) of the first of a row's credits of the given kinds; see gcp_credit_sum. -#}
{% macro gcp_credit_id(credits, kinds) -%}
    {{ return(adapter.dispatch('gcp_credit_id', 'tollgate')(credits, kinds)) }}
{%- endmacro %}

{% macro default__gcp_credit_id(credits, kinds) -%}
    {{ unsupported_engine('gcp_credit_id') }}
{%- endmacro %}

{% macro duckdb__gcp_credit_id(credits, kinds) -%}
    list_transform(
        list_filter(
            from_json({{ credits }}, '[{"type":"VARCHAR","name":"VARCHAR","id":"VARCHAR"}]'),
            lambda credit: regexp_matches(upper(coalesce(credit.type, credit.name)), '{{ kinds }}')
        ),
        lambda credit: coalesce(credit.id, credit.name, credit.type)
    )[1]
{%- endmacro %}

{% macro postgres__gcp_credit_id(credits, kinds) -%}
    (
        select coalesce(entry.credit ->> 'id', entry.credit ->> 'name', entry.credit ->> 'type')
        from jsonb_array_elements(cast({{ credits }} as jsonb)) with ordinality as entry (credit, position)
        where upper(coalesce(entry.credit ->> 'type', entry.credit ->> 'name')) ~ '{{ kinds }}'
        order by entry.position
        limit 1
    )
{%- endmacro %}
