-- Bills that are FOCUS already: older versions brought to 1.4, literal placeholders left out.
{%- set copied = [
    'allocated_method_details', 'allocated_method_id', 'allocated_resource_id', 'allocated_resource_name',
    'allocated_tags', 'availability_zone', 'billed_cost', 'billing_account_id', 'billing_account_name'
] %}
with stg as (
    select
        charges.*,
        service_category in {{ service_category_names() }} as is_known_category,
        coalesce(service_name, 'Unknown') as native_service,
        coalesce(service_provider_name, provider_name, publisher_name, invoice_issuer_name, 'Unknown')
            as provider,
        case
            when charge_category in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment') then charge_category
            -- 0.5 and vendors' early exports said Refund; it is no category of 1.0 and later.
            when charge_category = 'Refund' then 'Usage'
            else 'Adjustment'
        end as category
    from {{ ref('stg_focus__charges') }} as charges
)

select
    {{ copied | join(',\n    ') }},
    coalesce(billing_account_type, 'Billing Account') as billing_account_type,
    billing_currency,
    coalesce(billing_period_end, {{ month_end('x_billing_period') }})
        as billing_period_end,
    billing_period_start,
    capacity_reservation_id,
    capacity_reservation_status,
    category as charge_category,
    charge_class,
    charge_description,
    case
        when lower(charge_frequency) in ('one-time', 'onetime') then 'One-Time'
        when lower(charge_frequency) = 'recurring' then 'Recurring'
        when lower(charge_frequency) in ('usage-based', 'usagebased') or category = 'Usage' then 'Usage-Based'
        else 'One-Time'
    end as charge_frequency,
    coalesce(charge_period_end, charge_period_start + interval '1 hour') as charge_period_end,
    charge_period_start,
    commitment_discount_category,
    commitment_discount_id,
    commitment_discount_name,
    commitment_discount_quantity,
    commitment_discount_status,
    commitment_discount_type,
    commitment_discount_unit,
    commitment_program_eligibility_details,
    consumed_quantity,
    consumed_unit,
    contract_applied,
    coalesce(contracted_cost, effective_cost, billed_cost) as contracted_cost,
    contracted_unit_price,
    coalesce(effective_cost, billed_cost) as effective_cost,
    coalesce(host_provider_name, provider_name) as host_provider_name,
    invoice_detail_id,
    invoice_id,
    coalesce(invoice_issuer_name, provider) as invoice_issuer_name,
    coalesce(list_cost, contracted_cost, billed_cost) as list_cost,
    list_unit_price,
    case
        when pricing_category in ('Standard', 'Dynamic', 'Committed', 'Other') then pricing_category
    end as pricing_category,
    coalesce(pricing_currency, billing_currency) as pricing_currency,
    pricing_currency_contracted_unit_price,
    coalesce(pricing_currency_effective_cost, effective_cost, billed_cost) as pricing_currency_effective_cost,
    pricing_currency_list_unit_price,
    pricing_quantity,
    pricing_unit,
    region_id,
    case when region_id is not null then coalesce(region_name, region_id) end as region_name,
    resource_id,
    resource_name,
    resource_type,
    case when is_known_category then service_category end as service_category,
    native_service as service_name,
    provider as service_provider_name,
    case when is_known_category then service_subcategory end as service_subcategory,
    sku_id,
    sku_meter,
    sku_price_details,
    sku_price_id,
    sub_account_id,
    sub_account_name,
    case
        when sub_account_id is not null then coalesce(sub_account_type, 'Sub Account')
    end as sub_account_type,
    tags,
    {{ landing_columns() }},
    x_billing_period as x_invoice_month,
    coalesce(x_service_code, native_service) as x_native_service,
    x_usage_type,
    cast(null as text) as x_seller_name,
    {{ charge_id("'charge'") }} as x_charge_id,
    x_feed as x_billed_feed,
    x_export as x_billed_export,
    cast(null as text) as x_conformance_note
from stg
