{#- The moment, in UTC, at which a day begins where Google draws up its invoices (US and Canadian Pacific Time). -#}
{% macro pacific_midnight(day) -%}
    (({{ day }}) at time zone 'America/Los_Angeles') at time zone 'UTC'
{%- endmacro %}
