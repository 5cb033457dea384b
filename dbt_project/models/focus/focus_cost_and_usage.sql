{{ config(materialized='view') }}
select
    {%- for column in focus_columns() + focus_custom_columns() %}
    {{ column }} as "{{ pascal_case(column) }}"{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('fct_focus_charges') }}
