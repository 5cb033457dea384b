{#-
    The first of the named members that the first of a row's credits of the given kinds has; see gcp_credit_sum.
-#}
{% macro gcp_credit_text(credits, kinds, members) -%}
    {{ return(adapter.dispatch('gcp_credit_text', 'tollgate')(credits, kinds, members)) }}
{%- endmacro %}

{% macro default__gcp_credit_text(credits, kinds, members) -%}
    {{ unsupported_engine('gcp_credit_text') }}
{%- endmacro %}

{% macro duckdb__gcp_credit_text(credits, kinds, members) -%}
    list_transform(
        list_filter(
            from_json(
                {{ credits }}, '[{"type":"VARCHAR","name":"VARCHAR","id":"VARCHAR","full_name":"VARCHAR"}]'
            ),
            lambda credit: regexp_matches(upper(coalesce(credit.type, credit.name)), '{{ kinds }}')
        ),
        lambda credit: coalesce(
            {%- for member in members %}nullif(credit.{{ member }}, ''){{ ', ' if not loop.last }}{% endfor -%}
        )
    )[1]
{%- endmacro %}

{% macro postgres__gcp_credit_text(credits, kinds, members) -%}
    (
        select coalesce(
            {%- for member in members %}nullif(entry.credit ->> '{{ member }}', ''){{ ', ' if not loop.last }}{% endfor -%}
        )
        from jsonb_array_elements(cast({{ credits }} as jsonb)) with ordinality as entry (credit, position)
        where upper(coalesce(entry.credit ->> 'type', entry.credit ->> 'name')) ~ '{{ kinds }}'
        order by entry.position
        limit 1
    )
{%- endmacro %}
