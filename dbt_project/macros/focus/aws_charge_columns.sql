{#- What a charge keeps of its AWS line, whether or not it is split later. -#}
{% macro aws_charge_columns() -%}
    {{ return('''
    bill_invoice_id bill_invoicing_entity bill_billing_entity bill_payer_account_id bill_payer_account_name
    bill_billing_period_start_date bill_billing_period_end_date line_item_usage_account_id
    line_item_usage_account_name line_item_usage_start_date line_item_usage_end_date line_item_product_code
    line_item_usage_type line_item_availability_zone line_item_resource_id line_item_normalized_usage_amount
    line_item_currency_code line_item_description line_item_legal_entity product_name product_family
    product_servicecode product_region_code product_location product_sku pricing_rate_code pricing_unit
    reservation_arn reservation_unused_normalized_quantity reservation_total_reserved_normalized_units
    savings_plan_arn capacity_reservation_arn capacity_reservation_status resource_tags x_feed x_export
    x_billing_period x_landing_id x_source_file x_source_row_number line_type commitment_id commitment_type
    is_commitment_fee is_covered is_invoiced_elsewhere charge_category commitment_status
    '''.split()) }}
{%- endmacro %}
