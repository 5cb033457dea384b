-- Bills that are FOCUS already: older versions brought to 1.4, literal placeholders left out.
{%- set texts = [
    'allocated_method_id', 'allocated_resource_id', 'allocated_resource_name', 'availability_zone',
    'billing_account_name', 'billing_account_type', 'capacity_reservation_id', 'capacity_reservation_status',
    'charge_class', 'charge_description', 'charge_frequency', 'commitment_discount_category',
    'commitment_discount_id', 'commitment_discount_name', 'commitment_discount_status',
    'commitment_discount_type', 'commitment_discount_unit', 'consumed_unit', 'host_provider_name',
    'invoice_detail_id', 'invoice_id', 'invoice_issuer_name', 'pricing_category', 'pricing_currency',
    'pricing_unit', 'provider_name', 'publisher_name', 'region_id', 'region_name', 'resource_id',
    'resource_name', 'resource_type', 'service_category', 'service_name', 'service_provider_name',
    'service_subcategory', 'sku_id', 'sku_meter', 'sku_price_id', 'sub_account_id', 'sub_account_name',
    'sub_account_type'
] %}
{%- set copied = [
    'allocated_method_details', 'allocated_tags', 'billed_cost', 'billing_account_id', 'billing_currency',
    'billing_period_start', 'charge_period_start', 'commitment_discount_quantity',
    'commitment_program_eligibility_details', 'consumed_quantity', 'contract_applied', 'contracted_unit_price',
    'list_unit_price', 'pricing_quantity', 'sku_price_details'
] %}
with stg as (
    select
        {% for column in texts -%}
        {{ without_placeholder(column) }} as {{ column }},
        {% endfor -%}
        {% for column in copied -%}
        {{ column }},
        {% endfor -%}
        billing_period_end, charge_category, charge_period_end, contracted_cost, effective_cost, list_cost,
        pricing_currency_contracted_unit_price, pricing_currency_effective_cost,
        pricing_currency_list_unit_price, x_billing_exchange_rate, x_service_code, x_usage_type,
        coalesce(tags, {{ google_tags('x_labels', 'x_tags', 'x_project_labels', 'x_system_labels') }})
            as tags,
        {{ landing_columns() }}
    from {{ ref('stg_focus__charges') }}
),

named as (
    select
        stg.*,
        stg.service_category in {{ service_category_names() }} as is_known_category,
        known.service_subcategory as known_subcategory,
        coalesce(stg.service_name, 'Unknown') as native_service,
        coalesce(
            stg.service_provider_name, stg.provider_name, stg.publisher_name,
            stg.invoice_issuer_name, 'Unknown'
        ) as provider,
        case
            when lower(stg.charge_category) in ('usage', 'purchase', 'tax', 'credit', 'adjustment')
                then upper(left(stg.charge_category, 1)) || lower(substr(stg.charge_category, 2))
            -- 0.5 and vendors' early exports said Refund; it is no category of 1.0 and later.
            when lower(stg.charge_category) = 'refund' then 'Usage'
            else 'Adjustment'
        end as category,
        {{ focus_exchange_rate() }} as rate
    from stg
    left join {{ ref('service_subcategories') }} as known
        on stg.service_category = known.service_category
        and stg.service_subcategory = known.service_subcategory
),

exchanged as (
    select
        named.*,
        -- An amount of the invoice's currency is none of a currency whose rate nothing tells.
        coalesce(pricing_currency <> billing_currency and rate is null
            and pricing_currency_effective_cost is null, false) as is_rate_unknown
    from named
)

select
    {{ copied | join(',\n    ') }},
    allocated_method_id, allocated_resource_id, allocated_resource_name, availability_zone,
    billing_account_name,
    coalesce(billing_account_type, 'Billing Account') as billing_account_type,
    coalesce({{ billing_period_end('billing_period_start', 'billing_period_end') }},
        {{ month_end('x_billing_period') }}) as billing_period_end,
    capacity_reservation_id,
    {{ known_value('capacity_reservation_status', ['Used', 'Unused']) }} as capacity_reservation_status,
    category as charge_category,
    {{ known_value('charge_class', ['Correction']) }} as charge_class,
    charge_description,
    case
        when lower(charge_frequency) in ('one-time', 'onetime') then 'One-Time'
        when lower(charge_frequency) = 'recurring' then 'Recurring'
        when lower(charge_frequency) in ('usage-based', 'usagebased') or category = 'Usage' then 'Usage-Based'
        else 'One-Time'
    end as charge_frequency,
    coalesce({{ exclusive_end('charge_period_end') }}, charge_period_start + interval '1 hour')
        as charge_period_end,
    {{ known_value('commitment_discount_category', ['Spend', 'Usage']) }} as commitment_discount_category,
    commitment_discount_id,
    commitment_discount_name,
    {{ known_value('commitment_discount_status', ['Used', 'Unused']) }} as commitment_discount_status,
    commitment_discount_type,
    commitment_discount_unit,
    consumed_unit,
    coalesce(contracted_cost, effective_cost, billed_cost) as contracted_cost,
    coalesce(effective_cost, billed_cost) as effective_cost,
    coalesce(host_provider_name, provider_name) as host_provider_name,
    invoice_detail_id,
    invoice_id,
    coalesce(invoice_issuer_name, provider) as invoice_issuer_name,
    coalesce(list_cost, contracted_cost, billed_cost) as list_cost,
    -- The second words are those of 0.5 and of the previews of 1.0.
    case
        when lower(pricing_category) in ('standard', 'on-demand') then 'Standard'
        when lower(pricing_category) in ('committed', 'commitment-based', 'commitment discount')
            then 'Committed'
        when lower(pricing_category) in ('dynamic', 'spot') then 'Dynamic'
        when lower(pricing_category) = 'other' then 'Other'
    end as pricing_category,
    case when is_rate_unknown then billing_currency else coalesce(pricing_currency, billing_currency) end
        as pricing_currency,
    {%- for price in ['contracted_unit_price', 'list_unit_price'] %}
    {{ money('case when not is_rate_unknown then coalesce(pricing_currency_' ~ price ~ ', '
        ~ exact_ratio(price, 'rate') ~ ') end') }} as pricing_currency_{{ price }},
    {%- endfor %}
    coalesce(
        pricing_currency_effective_cost, {{ exact_ratio('coalesce(effective_cost, billed_cost)', 'rate') }},
        effective_cost, billed_cost
    ) as pricing_currency_effective_cost,
    pricing_unit,
    region_id,
    case when region_id is not null then coalesce(region_name, region_id) end as region_name,
    resource_id,
    resource_name,
    resource_type,
    case when is_known_category then service_category end as service_category,
    native_service as service_name,
    provider as service_provider_name,
    known_subcategory as service_subcategory,
    sku_id,
    sku_meter,
    sku_price_id,
    sub_account_id,
    sub_account_name,
    tags,
    case when sub_account_id is not null then coalesce(sub_account_type, 'Sub Account') end
        as sub_account_type,
    {{ landing_columns() }},
    x_billing_period as x_invoice_month,
    coalesce(x_service_code, native_service) as x_native_service,
    x_usage_type,
    cast(null as text) as x_seller_name,
    {{ charge_id("'charge'") }} as x_charge_id,
    x_feed as x_billed_feed,
    x_export as x_billed_export,
    cast(null as text) as x_conformance_note
from exchanged
