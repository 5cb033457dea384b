{#- A JSON object, as text, of named expressions; every value is a string, and nulls are left out. -#}
{% macro json_facts(facts) -%}
    '{' || concat_ws(
        ',',
        {%- for name, expression in facts.items() %}
        '"{{ name }}":' || cast(to_json(cast({{ expression }} as text)) as text){{ ',' if not loop.last }}
        {%- endfor %}
    ) || '}'
{%- endmacro %}
