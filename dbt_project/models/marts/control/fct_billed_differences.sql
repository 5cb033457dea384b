{{ config(materialized='view') }}
select
    x_feed, x_export, x_billing_period, billing_currency, x_source_file,
    cast(x_source_row_number as bigint) as x_source_row_number,
    rule_name, native_charge_type, file_amount, billed_cost,
    {{ money('billed_cost - file_amount') }} as difference
from {{ ref('int_control__billed_differences') }}
