{#- FOCUS 1.4 CostAndUsage in snake_case, in the specification's alphabetical order. -#}
{% macro focus_columns() -%}
{%- set columns = '''
    allocated_method_details allocated_method_id allocated_resource_id allocated_resource_name allocated_tags
    availability_zone billed_cost billing_account_id billing_account_name billing_account_type billing_currency
    billing_period_end billing_period_start capacity_reservation_id capacity_reservation_status charge_category
    charge_class charge_description charge_frequency charge_period_end charge_period_start
    commitment_discount_category commitment_discount_id commitment_discount_name commitment_discount_quantity
    commitment_discount_status commitment_discount_type commitment_discount_unit
    commitment_program_eligibility_details consumed_quantity consumed_unit contract_applied contracted_cost
    contracted_unit_price effective_cost host_provider_name invoice_detail_id invoice_id invoice_issuer_name
    list_cost list_unit_price pricing_category pricing_currency pricing_currency_contracted_unit_price
    pricing_currency_effective_cost pricing_currency_list_unit_price pricing_quantity pricing_unit region_id
    region_name resource_id resource_name resource_type service_category service_name service_provider_name
    service_subcategory sku_id sku_meter sku_price_details sku_price_id sub_account_id sub_account_name
    sub_account_type tags
'''.split() -%}
{{ return(columns) }}
{%- endmacro %}

{#- Tollgate's own columns: where a charge was landed, and what its bill said before it was conformed. -#}
{% macro focus_custom_columns() -%}
{{ return('''
    x_feed x_export x_billing_period x_landing_id x_source_file x_source_row_number x_invoice_month
    x_native_service x_usage_type x_seller_name x_charge_id x_billed_feed x_billed_export x_conformance_note
'''.split()) }}
{%- endmacro %}
