{#- A number as JSON writes it, without trailing zeros: 0.25, 3, 0. -#}
{% macro number_text(expression) -%}
    {{ regexp_replace_all('cast(' ~ money(expression) ~ ' as text)', '\\.?0+$', '') }}
{%- endmacro %}
