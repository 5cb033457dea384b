{#- The text under a key of a canonical JSON object; null where there is none. -#}
{% macro json_text(expression, key) -%}
    {{ return(adapter.dispatch('json_text', 'tollgate')(expression, key)) }}
{%- endmacro %}

{% macro default__json_text(expression, key) -%}
    {{ unsupported_engine('json_text') }}
{%- endmacro %}

{% macro duckdb__json_text(expression, key) -%}
    json_extract_string({{ expression }}, '/{{ key | replace('~', '~0') | replace('/', '~1') }}')
{%- endmacro %}

{% macro postgres__json_text(expression, key) -%}
    (cast({{ expression }} as json) ->> '{{ key }}')
{%- endmacro %}
