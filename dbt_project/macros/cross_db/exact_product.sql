{#- a * b in 12 decimals, for quantities too: bytes and their seconds have more digits than a product has room for. -#}
{% macro exact_product(a, b) -%}
    {{ return(adapter.dispatch('exact_product', 'tollgate')(a, b)) }}
{%- endmacro %}

{% macro default__exact_product(a, b) -%}
    {{ unsupported_engine('exact_product') }}
{%- endmacro %}

{#- DuckDB multiplies decimals of 12 places to 24, and 38 digits then leave 14 before the point. -#}
{% macro duckdb__exact_product(a, b) -%}
    {%- set a, b = money(a), money(b) -%}
    {%- set a_rest, b_rest = '(' ~ a ~ ' - trunc(' ~ a ~ '))', '(' ~ b ~ ' - trunc(' ~ b ~ '))' -%}
    case
        when abs(cast({{ a }} as double) * cast({{ b }} as double)) < 9e13 then {{ money(a ~ ' * ' ~ b) }}
        else {{ money(
            'trunc(' ~ a ~ ') * trunc(' ~ b ~ ') + trunc(' ~ a ~ ') * ' ~ b_rest ~ ' + trunc(' ~ b ~ ') * ' ~ a_rest
            ~ ' + ' ~ money(a_rest ~ ' * ' ~ b_rest)
        ) }}
    end
{%- endmacro %}

{% macro postgres__exact_product(a, b) -%}
    {{ money(money(a) ~ ' * ' ~ money(b)) }}
{%- endmacro %}
