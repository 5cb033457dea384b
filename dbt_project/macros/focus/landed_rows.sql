{#-
    The named columns of feeds that share one raw contract, one below the other, with the landing's own
    columns last. `columns` maps the raw name to the name used from here on.
-#}
{% macro landed_rows(feeds, columns) -%}
{%- set landing_columns = [
    'x_feed', 'x_export', 'x_billing_period', 'x_landing_id', 'x_source_file', 'x_source_row_number', 'x_extras'
] -%}
{%- for feed in feeds %}
select
    {% for raw, name in columns.items() -%}
    {{ raw }}{{ ' as ' ~ name if name != raw }},
    {% endfor -%}
    {{ landing_columns | join(',\n    ') }}
from {{ source('raw', feed) }}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{%- endmacro %}
