{#-
    numerator / denominator, cut (not rounded) after 12 decimals; null where the denominator is 0 or null.
    DuckDB divides decimals as floats, so the quotient is taken over integers: the same digits on each engine.
    The numerator must stay below 1e14.
-#}
{% macro exact_ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('exact_ratio', 'tollgate')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__exact_ratio(numerator, denominator) -%}
    {{ unsupported_engine('exact_ratio') }}
{%- endmacro %}

{% macro duckdb__exact_ratio(numerator, denominator) -%}
    cast(
        cast(
            cast({{ money(numerator) }} * 1000000000000 as hugeint) * 1000000000000
            // nullif(cast({{ money(denominator) }} * 1000000000000 as hugeint), 0)
            as numeric(38, 0)
        ) * 0.000000000001
        as numeric(38, 12)
    )
{%- endmacro %}

{% macro postgres__exact_ratio(numerator, denominator) -%}
    cast(
        div({{ money(numerator) }} * 1000000000000, nullif({{ money(denominator) }}, 0)) * 0.000000000001
        as numeric(38, 12)
    )
{%- endmacro %}
