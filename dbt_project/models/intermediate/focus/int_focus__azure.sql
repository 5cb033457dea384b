-- Azure charges in FOCUS columns.
with named as (
    select
        charges.*,
        coalesce(meter_category, product_name, 'Unknown') as native_service,
        coalesce(benefit_id, reservation_id) as commitment_id,
        case
            when lower(replace(resource_location, ' ', '')) not in ('', 'global', 'unassigned', 'unknown')
                then lower(replace(resource_location, ' ', ''))
        end as native_region,
        lower(replace(pricing_model, ' ', '')) as pricing_model_key,
        meter_id || '/' || coalesce(product_id, part_number) as price_id,
        coalesce(pricing_currency, billing_currency) as price_currency,
        charge_category in ('Usage', 'Purchase') and meter_id is not null
            and coalesce(product_id, part_number) is not null
            and coalesce(commitment_status, 'Used') <> 'Unused' as is_priced,
        coalesce(commitment_status = 'Unused', false) or is_commitment_purchase as is_commitment_itself
    from {{ ref('int_azure__charges') }} as charges
),

priced as (
    select
        named.*,
        charge_category = 'Usage' and coalesce(commitment_status, 'Used') <> 'Unused' as is_metered,
        case
            when price_currency = billing_currency then 1 else exchange_rate_pricing_to_billing
        end as rate,
        coalesce(
            payg_cost_in_billing_currency, {{ money('list_unit_price * pricing_quantity') }},
            {{ money('contracted_unit_price * pricing_quantity') }}, cost
        ) as usage_list_cost,
        coalesce({{ money('contracted_unit_price * pricing_quantity') }}, cost) as usage_contracted_cost
    from named
)

select
    {{ columns_no_bill_fills() }},
    case when not is_commitment_itself then availability_zone end as availability_zone,
    {{ money('billed_cost') }} as billed_cost,
    billing_account_key as billing_account_id,
    billing_account_name,
    'Billing Account' as billing_account_type,
    billing_currency,
    coalesce(billing_period_end_date + interval '1 day', {{ month_end('x_billing_period') }})
        as billing_period_end,
    coalesce(billing_period_start_date, {{ period_start('x_billing_period') }}) as billing_period_start,
    charge_category,
    case
        when native_charge_type = 'Refund' and date < cast({{ period_start('x_billing_period') }} as date)
            then 'Correction'
    end as charge_class,
    product_name as charge_description,
    case
        when lower(frequency) = 'recurring' then 'Recurring'
        when lower(frequency) = 'onetime' then 'One-Time'
        when charge_category = 'Usage' then 'Usage-Based'
        else 'One-Time'
    end as charge_frequency,
    cast(date as timestamp) + interval '1 day' as charge_period_end,
    cast(date as timestamp) as charge_period_start,
    case
        when commitment_id is not null and pricing_model_key = 'savingsplan' then 'Spend'
        when commitment_id is not null and is_commitment then 'Usage'
    end as commitment_discount_category,
    case when is_commitment then commitment_id end as commitment_discount_id,
    case when is_commitment and commitment_id is not null then coalesce(benefit_name, reservation_name) end
        as commitment_discount_name,
    case
        when commitment_id is null or commitment_status is null then null
        when pricing_model_key = 'savingsplan' then {{ money('cost') }}
        else {{ money('consumed_quantity') }}
    end as commitment_discount_quantity,
    case when commitment_id is not null then commitment_status end as commitment_discount_status,
    case
        when commitment_id is null or not is_commitment then null
        when pricing_model_key = 'savingsplan' then 'Savings Plan'
        else 'Reservation'
    end as commitment_discount_type,
    case
        when commitment_id is null or commitment_status is null then null
        when pricing_model_key = 'savingsplan' then billing_currency
        else coalesce(unit, unit_of_measure, 'Units')
    end as commitment_discount_unit,
    case
        when is_priced and charge_category = 'Usage' then {{ money('consumed_quantity') }}
    end as consumed_quantity,
    case
        when is_priced and charge_category = 'Usage' then coalesce(unit, unit_of_measure, 'Units')
    end as consumed_unit,
    {{ money('case when is_metered then usage_contracted_cost else billed_cost end') }}
        as contracted_cost,
    case when is_priced then {{ money('contracted_unit_price') }} end as contracted_unit_price,
    {{ money('effective_cost') }} as effective_cost,
    'Microsoft' as host_provider_name,
    invoice_id,
    coalesce(partner_name, 'Microsoft') as invoice_issuer_name,
    {{ money('case when is_metered then usage_list_cost else billed_cost end') }}
        as list_cost,
    case when is_priced then {{ money('list_unit_price') }} end as list_unit_price,
    case
        when not is_priced then null
        when charge_category = 'Usage' and is_commitment then 'Committed'
        when pricing_model_key = 'spot' then 'Dynamic'
        else 'Standard'
    end as pricing_category,
    case when rate is null then billing_currency else price_currency end as pricing_currency,
    case when is_priced and price_currency <> billing_currency then {{ money('nullif(unit_price, 0)') }} end
        as pricing_currency_contracted_unit_price,
    coalesce({{ exact_ratio('effective_cost', 'rate') }}, {{ money('effective_cost') }})
        as pricing_currency_effective_cost,
    case when is_priced and price_currency <> billing_currency then {{ money('nullif(payg_price, 0)') }} end
        as pricing_currency_list_unit_price,
    case when is_priced then {{ money('pricing_quantity') }} end as pricing_quantity,
    case when is_priced then coalesce(unit_of_measure, 'Units') end as pricing_unit,
    native_region as region_id,
    case
        when native_region is not null then coalesce(regions.region_name, resource_location)
    end as region_name,
    case when is_commitment_itself then commitment_id else resource_id end as resource_id,
    case
        when is_commitment_itself then null
        else coalesce(resource_name, nullif({{ regexp_replace_all('resource_id', '^.*/', '') }}, ''))
    end as resource_name,
    case
        when is_commitment_itself and pricing_model_key = 'savingsplan' then 'Savings Plan'
        when is_commitment_itself then 'Reservation'
        when {{ matches('lower(resource_id)', '/providers/[^/]+/[^/]+') }}
            then {{ regexp_replace_all('lower(resource_id)', '^.*/providers/([^/]+/[^/]+).*$', '\\1') }}
    end as resource_type,
    native_service as service_name,
    'Microsoft' as service_provider_name,
    case when charge_category in ('Usage', 'Purchase') then meter_id end as sku_id,
    case when charge_category in ('Usage', 'Purchase') then meter_name end as sku_meter,
    case when is_priced then price_id end as sku_price_id,
    subscription_id as sub_account_id,
    subscription_name as sub_account_name,
    case when subscription_id is not null then 'Subscription' end as sub_account_type,
    tags,
    {{ landing_columns() }},
    x_billing_period as x_invoice_month,
    native_service as x_native_service,
    meter_sub_category as x_usage_type,
    case when publisher_type = 'Marketplace' then publisher_name end as x_seller_name,
    {{ charge_id("'charge'") }} as x_charge_id,
    billed_feed as x_billed_feed,
    billed_export as x_billed_export,
    conformance_note as x_conformance_note
from priced
left join {{ ref('azure_regions') }} as regions on priced.native_region = regions.region_id
