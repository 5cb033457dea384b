{#-
    The moment that periods are judged by: the installation's clock where that is shifted (TOLLGATE_NOW), else when
    this run began. Read only when executed: read while parsing, it would make dbt parse the project anew each time.
-#}
{% macro as_of_now() -%}
    {%- set moment = env_var('TOLLGATE_NOW', '') if execute else '' -%}
    cast('{{ moment or run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp)
{%- endmacro %}
