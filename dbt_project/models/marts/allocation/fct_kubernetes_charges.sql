select
    {%- for column in focus_columns() + focus_custom_columns() %}
    {%- if column == 'x_source_row_number' %}
    cast(x_source_row_number as bigint) as x_source_row_number,
    {%- else %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endif %}
    {%- endfor %}
from {{ ref('int_kubernetes__charges') }}
