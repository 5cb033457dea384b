{#-
    FOCUS columns for which the clouds' own bills have no source, but for those that `filled` names; service
    categories are looked up later.
-#}
{% macro columns_no_bill_fills(filled=[]) -%}
{%- set columns = [
    'allocated_method_details', 'allocated_method_id', 'allocated_resource_id', 'allocated_resource_name',
    'allocated_tags', 'capacity_reservation_id', 'capacity_reservation_status',
    'commitment_program_eligibility_details', 'contract_applied', 'invoice_detail_id', 'service_category',
    'service_subcategory', 'sku_price_details'
] -%}
    {%- for column in columns if column not in filled -%}
    cast(null as text) as {{ column }}{{ ',\n    ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
