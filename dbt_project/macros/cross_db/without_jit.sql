{#-
    A hook before each model: PostgreSQL compiles the hundreds of expressions of a wide model for longer (35 s for the
    FOCUS rules) than it takes to run them.
-#}
{% macro without_jit() -%}
    {%- if target.type == 'postgres' -%}set local jit = off{%- endif -%}
{%- endmacro %}
