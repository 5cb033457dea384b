{#-
    numerator / denominator, cut (not rounded) after 12 decimals: the same digits on each engine; null where the
    denominator is 0 or null. Where the numerator is 1e14 or more, the denominator must stay below 1e20.
-#}
{% macro exact_ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('exact_ratio', 'tollgate')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__exact_ratio(numerator, denominator) -%}
    {{ unsupported_engine('exact_ratio') }}
{%- endmacro %}

{#- DuckDB divides decimals as floats, and its integers of 128 bits slowly: five times as slowly as this. -#}
{% macro duckdb__exact_ratio(numerator, denominator) -%}
    {%- set over, under = money(numerator), money(denominator) -%}
    case
        when abs({{ over }}) < 100000000000000 and abs({{ under }}) < 100000000000000
            and cast(abs({{ over }}) as double) < 1e13 * cast(abs({{ under }}) as double)
            then {{ _ratio_by_estimates(over, under) }}
        else {{ _ratio_by_integers(over, under) }}
    end
{%- endmacro %}

{#-
    A float's estimate, a second one of what it leaves, and the last digit put right: what is left is exact in 24
    decimals, and the second estimate is less than one digit off.
-#}
{% macro _ratio_by_estimates(over, under) -%}
    {%- set over, sign = 'abs(' ~ over ~ ')', 'case when (' ~ over ~ ' < 0) = (' ~ under ~ ' < 0) then 1 else -1 end' -%}
    {%- set under = 'abs(' ~ under ~ ')' -%}
    {%- set first = _estimate(over, under) -%}
    {%- set second = money(first ~ ' + ' ~ _estimate(_left_over(over, first, under), under)) -%}
    {{ sign }} * {{ money(second ~ '
        + case when ' ~ _left_over(over, second, under) ~ ' < 0 then -0.000000000001
            when ' ~ _left_over(over, second, under) ~ ' >= ' ~ under ~ ' * 0.000000000001 then 0.000000000001
            else 0 end') }}
{%- endmacro %}

{% macro _estimate(over, under) -%}
    {{ money('cast(' ~ over ~ ' as double) / cast(' ~ under ~ ' as double)') }}
{%- endmacro %}

{% macro _left_over(over, ratio, under) -%}
    (cast({{ over }} as numeric(38, 24)) - {{ ratio }} * {{ under }})
{%- endmacro %}

{#- Long division in steps of six digits, so that no step is longer than 128 bits. -#}
{% macro _ratio_by_integers(over, under) -%}
    {%- set over, under = _in_last_digits(over), 'nullif(' ~ _in_last_digits(under) ~ ', 0)' -%}
    {%- set six = 'cast(1000000 as hugeint)' -%}
    {%- set first = '(' ~ over ~ ' % ' ~ under ~ ') * ' ~ six -%}
    {%- set second = '((' ~ first ~ ') % ' ~ under ~ ') * ' ~ six -%}
    cast(cast(
        ({{ over }} // {{ under }}) * cast(1000000000000 as hugeint)
        + (({{ first }}) // {{ under }}) * {{ six }} + ({{ second }}) // {{ under }}
        as numeric(38, 0)
    ) * 0.000000000001 as numeric(38, 12))
{%- endmacro %}

{#- A decimal as an integer of its twelfth decimals. -#}
{% macro _in_last_digits(amount) -%}
    (cast(trunc({{ amount }}) as hugeint) * 1000000000000
        + cast(({{ amount }} - trunc({{ amount }})) * 1000000000000 as hugeint))
{%- endmacro %}

{% macro postgres__exact_ratio(numerator, denominator) -%}
    cast(
        div({{ money(numerator) }} * 1000000000000, nullif({{ money(denominator) }}, 0)) * 0.000000000001
        as numeric(38, 12)
    )
{%- endmacro %}
