-- Azure charges in FOCUS columns.
{%- set type_in_id = '^.*/providers/([^/]+/[^/]+).*$' %}
with named as (
    select
        charges.*,
        lower(replace(coalesce(resource_location, location), ' ', '')) as location_key,
        coalesce(lower(nullif(resource_type, '')), case
            when {{ matches('lower(resource_id)', '/providers/[^/]+/[^/]+') }}
                then {{ regexp_replace_all('lower(resource_id)', type_in_id, '\\1') }}
        end) as native_resource_type,
        -- Purchases and marketplace lines say that they have none.
        case
            when lower(meter_category) not in ('', 'unassigned', 'unknown', 'not applicable')
                then meter_category
        end as native_category,
        coalesce(lower(publisher_type) = 'marketplace', false) as is_marketplace,
        coalesce(benefit_name, reservation_name) as commitment_name,
        -- Pay-as-you-go exports name no product: a meter has its price by the offer.
        concat_ws('/', meter_id, coalesce(product_id, part_number, offer_id)) as price_id,
        charge_category in ('Usage', 'Purchase') and meter_id is not null as is_priced,
        coalesce(commitment_status = 'Unused', false) as is_unused,
        coalesce(commitment_status = 'Unused' or is_commitment_purchase, false) as is_commitment_itself,
        coalesce(pricing_model_key = 'savingsplan', false) as is_savings_plan
    from {{ ref('int_azure__charges') }} as charges
),

placed as (
    select
        named.*,
        case
            when location_key not in
                ('', 'global', 'unassigned', 'unknown', 'notapplicable', 'all', 'allregions')
                then coalesce(regions.region_id, location_key)
        end as native_region,
        regions.region_name as known_region_name,
        -- Azure's own category where FOCUS's is known for it, else the service of the resource's type.
        case
            when categories.service_name is not null then native_category
            else coalesce(services.service_name, native_category, product_name, 'Unknown')
        end as native_service,
        charge_category = 'Usage' and not is_unused as is_metered,
        charge_category in ('Usage', 'Purchase') and not is_unused as is_sold,
        {{ exact_product('list_unit_price', 'pricing_quantity') }} as priced_list_cost,
        {{ exact_product('contracted_unit_price', 'pricing_quantity') }} as priced_contracted_cost,
        case
            when commitment_id is null then null
            when is_savings_plan then cost
            when charge_category = 'Purchase' then pricing_quantity
            else consumed_quantity
        end as committed
    from named
    left join {{ ref('azure_regions') }} as regions on named.location_key = regions.location
    left join {{ ref('azure_services') }} as services on named.native_resource_type = services.resource_type
    left join {{ ref('service_categories') }} as categories on named.native_category = categories.service_name
)

select
    {{ columns_no_bill_fills() }},
    case when not is_commitment_itself then availability_zone end as availability_zone,
    {{ money('billed_cost') }} as billed_cost,
    billing_account_key as billing_account_id,
    coalesce(case when has_profile then billing_profile_name end, billing_account_name)
        as billing_account_name,
    case when has_profile then 'Billing Profile' else 'Billing Account' end as billing_account_type,
    billing_currency,
    coalesce(billing_period_end_date + interval '1 day', {{ month_end('x_billing_period') }})
        as billing_period_end,
    coalesce(billing_period_start_date, {{ period_start('x_billing_period') }}) as billing_period_start,
    charge_category, charge_class, product_name as charge_description,
    case
        when lower(frequency) in ('recurring', 'monthly') then 'Recurring'
        when lower(frequency) = 'onetime' then 'One-Time'
        when charge_category = 'Usage' then 'Usage-Based'
        else 'One-Time'
    end as charge_frequency,
    cast(date as timestamp) + interval '1 day' as charge_period_end,
    cast(date as timestamp) as charge_period_start,
    case when commitment_id is not null then case when is_savings_plan then 'Spend' else 'Usage' end end
        as commitment_discount_category,
    commitment_id as commitment_discount_id,
    case when commitment_id is not null then commitment_name end as commitment_discount_name,
    {{ money('case when is_priced then committed end') }} as commitment_discount_quantity,
    case when commitment_id is not null then commitment_status end as commitment_discount_status,
    case when commitment_id is not null and is_savings_plan then 'Savings Plan'
        when commitment_id is not null then 'Reservation' end as commitment_discount_type,
    case
        when not is_priced or committed is null then null
        when is_savings_plan then billing_currency
        else unit
    end as commitment_discount_unit,
    {{ money('case when is_priced and is_metered then consumed_quantity end') }} as consumed_quantity,
    case when is_priced and is_metered then unit end as consumed_unit,
    {{ money('case when is_sold then coalesce(priced_contracted_cost, cost) else billed_cost end') }}
        as contracted_cost,
    {{ money('case when is_priced and is_sold then contracted_unit_price end') }} as contracted_unit_price,
    {{ money('effective_cost') }} as effective_cost,
    'Microsoft' as host_provider_name, invoice_id,
    coalesce(partner_name, 'Microsoft') as invoice_issuer_name,
    {{ money('case when is_sold then coalesce(priced_list_cost, nullif(payg_cost_in_billing_currency, 0),
        priced_contracted_cost, cost) else billed_cost end') }} as list_cost,
    {{ money('case when is_priced and is_sold then list_unit_price end') }} as list_unit_price,
    case
        when not is_priced then null
        when commitment_status is not null then 'Committed'
        when pricing_model_key = 'spot' then 'Dynamic'
        else 'Standard'
    end as pricing_category,
    case when rate is null then billing_currency else price_currency end as pricing_currency,
    {{ money('case when is_priced and is_sold and rate is not null and price_currency <> billing_currency
        then contracted_price end') }} as pricing_currency_contracted_unit_price,
    case
        when price_currency <> billing_currency and rate is not null and effective_cost = cost
            and cost_in_pricing_currency is not null then {{ money('cost_in_pricing_currency') }}
        else coalesce({{ exact_ratio('effective_cost', 'rate') }}, {{ money('effective_cost') }})
    end as pricing_currency_effective_cost,
    {{ money('case when is_priced and is_sold and rate is not null and price_currency <> billing_currency
        then list_price end') }} as pricing_currency_list_unit_price,
    {{ money('case when is_priced then pricing_quantity end') }} as pricing_quantity,
    case when is_priced then pricing_unit end as pricing_unit,
    native_region as region_id,
    case when native_region is not null then coalesce(known_region_name, resource_location, location) end
        as region_name,
    coalesce(case when is_commitment_itself then commitment_id end, resource_id) as resource_id,
    case
        when is_commitment_itself then commitment_name
        when resource_id is not null
            then coalesce(resource_name, nullif({{ regexp_replace_all('resource_id', '^.*/', '') }}, ''))
    end as resource_name,
    case
        when is_commitment_itself and is_savings_plan then 'Savings Plan'
        when is_commitment_itself then 'Reservation'
        when resource_id is not null then native_resource_type
    end as resource_type,
    native_service as service_name,
    coalesce(case when is_marketplace then publisher_name end, 'Microsoft') as service_provider_name,
    case when is_priced then meter_id end as sku_id,
    case when is_priced then meter_name end as sku_meter,
    case when is_priced then price_id end as sku_price_id,
    subscription_id as sub_account_id, subscription_name as sub_account_name,
    case when subscription_id is not null then 'Subscription' end as sub_account_type,
    {{ valueless_tags_true('tags') }} as tags,
    {{ landing_columns() }},
    x_billing_period as x_invoice_month,
    coalesce(native_category, product_name, 'Unknown') as x_native_service,
    meter_sub_category as x_usage_type,
    case when is_marketplace then publisher_name end as x_seller_name,
    {{ charge_id("'charge'") }} as x_charge_id,
    billed_feed as x_billed_feed, billed_export as x_billed_export,
    conformance_note as x_conformance_note
from placed
