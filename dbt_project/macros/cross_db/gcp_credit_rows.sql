{#-
    A select with one row per credit: all columns of the relation, then credit_position (from 1), credit_kind
    (upper case), credit_id, credit_name and credit_amount.
-#}
{% macro gcp_credit_rows(relation) -%}
    {{ return(adapter.dispatch('gcp_credit_rows', 'tollgate')(relation)) }}
{%- endmacro %}

{% macro default__gcp_credit_rows(relation) -%}
    {{ unsupported_engine('gcp_credit_rows') }}
{%- endmacro %}

{% macro duckdb__gcp_credit_rows(relation) -%}
    select
        exploded.* exclude (credit),
        upper(coalesce(credit.type, credit.name)) as credit_kind,
        coalesce(credit.id, credit.name, credit.type) as credit_id,
        coalesce(credit.full_name, credit.name, credit.type) as credit_name,
        cast(credit.amount as numeric(38, 12)) as credit_amount
    from (
        select
            listed.* exclude (credit_list),
            generate_subscripts(credit_list, 1) as credit_position,
            unnest(credit_list) as credit
        from (
            select
                *,
                from_json(
                    credits,
                    '[{"type":"VARCHAR","name":"VARCHAR","id":"VARCHAR","full_name":"VARCHAR","amount":"VARCHAR"}]'
                ) as credit_list
            from {{ relation }}
            where credits is not null
        ) as listed
    ) as exploded
{%- endmacro %}

{% macro postgres__gcp_credit_rows(relation) -%}
    select
        lines.*,
        entry.position as credit_position,
        upper(coalesce(entry.credit ->> 'type', entry.credit ->> 'name')) as credit_kind,
        coalesce(entry.credit ->> 'id', entry.credit ->> 'name', entry.credit ->> 'type') as credit_id,
        coalesce(entry.credit ->> 'full_name', entry.credit ->> 'name', entry.credit ->> 'type') as credit_name,
        cast(entry.credit ->> 'amount' as numeric(38, 12)) as credit_amount
    from {{ relation }} as lines
    cross join lateral jsonb_array_elements(cast(lines.credits as jsonb)) with ordinality as entry (credit, position)
{%- endmacro %}
