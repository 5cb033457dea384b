{#- Schemas are named as in the documentation, whoever builds: an installation has its own database. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
