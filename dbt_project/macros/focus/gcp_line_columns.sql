{#- What every charge takes from the line of a Google Cloud bill that it comes from. -#}
{% macro gcp_line_columns() -%}
{{ return('''
    billing_account_id service_description service_id sku_id sku_description usage_start_time usage_end_time
    project_id project_name project_labels labels system_labels tags location_location location_region location_zone
    resource_name resource_global_name currency currency_conversion_rate usage_amount usage_unit pricing_quantity
    usage_pricing_unit list_cost contracted_cost invoice_month cost_type adjustment_info_id adjustment_info_type price_effective_price
    price_effective_price_default price_list_price price_tier_start_amount price_pricing_unit_quantity
    transaction_type seller_name consumption_model_description is_fee commitment_shape
    x_feed x_export x_billing_period x_landing_id x_source_file x_source_row_number
'''.split()) }}
{%- endmacro %}
