{#- True where the pattern is found anywhere in the text. -#}
{% macro matches(expression, pattern) -%}
    {{ return(adapter.dispatch('matches', 'tollgate')(expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(expression, pattern) -%}
    {{ unsupported_engine('matches') }}
{%- endmacro %}

{% macro duckdb__matches(expression, pattern) -%}
    regexp_matches({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro postgres__matches(expression, pattern) -%}
    ({{ expression }} ~ '{{ pattern }}')
{%- endmacro %}
