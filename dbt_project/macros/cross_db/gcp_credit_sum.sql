{#-
    The sum of a row's credits of the given kinds; 0 where there is none. `kinds` is a regular expression over
    the credit's type, or its name where an old export has no type, in upper case.
-#}
{% macro gcp_credit_sum(credits, kinds) -%}
    {{ return(adapter.dispatch('gcp_credit_sum', 'tollgate')(credits, kinds)) }}
{%- endmacro %}

{% macro default__gcp_credit_sum(credits, kinds) -%}
    {{ unsupported_engine('gcp_credit_sum') }}
{%- endmacro %}

{% macro duckdb__gcp_credit_sum(credits, kinds) -%}
    coalesce(list_sum(list_transform(
        list_filter(
            from_json({{ credits }}, '[{"type":"VARCHAR","name":"VARCHAR","amount":"VARCHAR"}]'),
            lambda credit: regexp_matches(upper(coalesce(credit.type, credit.name)), '{{ kinds }}')
        ),
        lambda credit: cast(credit.amount as numeric(38, 12))
    )), 0)
{%- endmacro %}

{% macro postgres__gcp_credit_sum(credits, kinds) -%}
    coalesce((
        select sum(cast(credit ->> 'amount' as numeric(38, 12)))
        from jsonb_array_elements(cast({{ credits }} as jsonb)) as credit
        where upper(coalesce(credit ->> 'type', credit ->> 'name')) ~ '{{ kinds }}'
    ), 0)
{%- endmacro %}
