-- AWS charges in FOCUS columns.
with named as (
    select
        charges.*,
        coalesce(product_name, product_servicecode, line_item_product_code, 'Unknown') as native_service,
        {{ aws_region() }} as native_region,
        -- A commitment has no rate code; its usage type names what is sold.
        coalesce(
            pricing_rate_code,
            case when is_commitment_fee or commitment_status = 'Unused' then line_item_usage_type end
        ) as native_price,
        {{ is_sold_by_others() }} as is_marketplace,
        {{ aws_capacity_reservation() }} as capacity_id,
        commitment_id is not null
            and (charge_category = 'Purchase' or commitment_status = 'Unused') as is_commitment_itself
    from {{ ref('int_aws__allocated_charges') }} as charges
),

priced as (
    select
        named.*,
        -- Prices come together or not at all.
        charge_category in ('Usage', 'Purchase') and native_price is not null and list_unit_price is not null
            and contracted_unit_price is not null as is_priced
    from named
),

metered as (
    select
        priced.*,
        is_priced and charge_category = 'Usage' and part <> 'unused' as is_metered
    from priced
)

select
    {{ columns_no_bill_fills(filled=[
        'allocated_method_details', 'allocated_method_id', 'allocated_resource_id', 'allocated_resource_name',
        'allocated_tags', 'capacity_reservation_id', 'capacity_reservation_status'
    ]) }},
    allocated_method_details,
    allocated_method_id,
    allocated_resource_id,
    allocated_resource_name,
    {{ unprefixed_tags('allocated_tags', 'user:') }} as allocated_tags,
    capacity_id as capacity_reservation_id,
    case when capacity_id is not null then {{ aws_capacity_status() }} end as capacity_reservation_status,
    case
        when not is_commitment_itself and line_item_availability_zone <> coalesce(native_region, '')
            and {{ matches('line_item_availability_zone', '[a-z]$') }} then line_item_availability_zone
    end as availability_zone,
    {{ money('billed_cost') }} as billed_cost,
    coalesce(bill_payer_account_id, line_item_usage_account_id, 'unknown') as billing_account_id,
    bill_payer_account_name as billing_account_name,
    'Payer Account' as billing_account_type,
    line_item_currency_code as billing_currency,
    coalesce(bill_billing_period_end_date, {{ month_end('x_billing_period') }})
        as billing_period_end,
    bill_billing_period_start_date as billing_period_start,
    charge_category,
    case
        when line_type = 'Refund' and line_item_usage_start_date < bill_billing_period_start_date
            then 'Correction'
    end as charge_class,
    line_item_description as charge_description,
    case
        when charge_category = 'Usage' then 'Usage-Based'
        when line_type in ('SavingsPlanRecurringFee', 'RIFee', 'FlatRateSubscription') then 'Recurring'
        else 'One-Time'
    end as charge_frequency,
    coalesce(line_item_usage_end_date, line_item_usage_start_date + interval '1 hour') as charge_period_end,
    line_item_usage_start_date as charge_period_start,
    case
        when commitment_id is not null and savings_plan_arn is not null then 'Spend'
        when commitment_id is not null then 'Usage'
    end as commitment_discount_category,
    commitment_id as commitment_discount_id,
    cast(null as text) as commitment_discount_name,
    {{ money('case when commitment_id is not null and is_priced then commitment_quantity end') }}
        as commitment_discount_quantity,
    commitment_status as commitment_discount_status,
    commitment_type as commitment_discount_type,
    {{ aws_commitment_unit() }} as commitment_discount_unit,
    {{ money('case when is_metered then pricing_quantity end') }} as consumed_quantity,
    case when is_metered then coalesce(pricing_unit, 'Units') end as consumed_unit,
    {{ money('contracted_cost') }} as contracted_cost,
    {{ money('case when is_priced then contracted_unit_price end') }} as contracted_unit_price,
    {{ money('effective_cost') }} as effective_cost,
    -- Of what a seller sells, the report does not say where it runs.
    case when not is_marketplace then 'AWS' end as host_provider_name,
    bill_invoice_id as invoice_id,
    coalesce(
        bill_invoicing_entity,
        case when not is_marketplace then line_item_legal_entity end,
        'Amazon Web Services, Inc.'
    ) as invoice_issuer_name,
    {{ money('list_cost') }} as list_cost,
    {{ money('case when is_priced then list_unit_price end') }} as list_unit_price,
    case
        when not is_priced then null
        when is_covered or commitment_status = 'Unused' then 'Committed'
        when {{ matches('line_item_usage_type', 'SpotUsage') }} then 'Dynamic'
        else 'Standard'
    end as pricing_category,
    line_item_currency_code as pricing_currency,
    cast(null as numeric(38, 12)) as pricing_currency_contracted_unit_price,
    {{ money('effective_cost') }} as pricing_currency_effective_cost,
    cast(null as numeric(38, 12)) as pricing_currency_list_unit_price,
    {{ money('case when is_priced then pricing_quantity end') }} as pricing_quantity,
    case
        when is_priced and part = 'unused' and savings_plan_arn is not null then line_item_currency_code
        when is_priced then coalesce(pricing_unit, 'Units')
    end as pricing_unit,
    native_region as region_id,
    case when native_region is not null then coalesce(product_location, native_region) end as region_name,
    case when is_commitment_itself then commitment_id else line_item_resource_id end as resource_id,
    cast(null as text) as resource_name,
    case
        when is_commitment_itself then commitment_type
        when line_item_resource_id is not null then coalesce(product_family, line_item_product_code)
    end as resource_type,
    native_service as service_name,
    coalesce(case when is_marketplace then line_item_legal_entity end, 'AWS') as service_provider_name,
    case
        when charge_category in ('Usage', 'Purchase')
            then coalesce(product_sku, nullif(split_part(pricing_rate_code, '.', 1), ''), native_price)
    end as sku_id,
    case
        when charge_category in ('Usage', 'Purchase')
            and coalesce(product_sku, nullif(split_part(pricing_rate_code, '.', 1), ''), native_price)
            is not null
            then line_item_usage_type
    end as sku_meter,
    case when is_priced then native_price end as sku_price_id,
    line_item_usage_account_id as sub_account_id,
    case when line_item_usage_account_id is not null then line_item_usage_account_name end
        as sub_account_name,
    case when line_item_usage_account_id is not null then 'Member Account' end as sub_account_type,
    {{ unprefixed_tags('resource_tags', 'user:') }} as tags,
    {{ landing_columns() }},
    x_billing_period as x_invoice_month,
    native_service as x_native_service,
    line_item_usage_type as x_usage_type,
    case when is_marketplace then line_item_legal_entity end as x_seller_name,
    {{ charge_id('part') }} as x_charge_id,
    x_feed as x_billed_feed, x_export as x_billed_export,
    conformance_note as x_conformance_note
from metered
