-- Google Cloud charges in FOCUS columns.
with named as (
    select
        charges.*,
        coalesce(service_description, service_id, 'Unknown') as native_service,
        sku_id || coalesce('/' || cast(price_tier_start_amount as text), '') as price_id,
        nullif(nullif(coalesce(location_region, location_location), ''), 'global') as native_region,
        coalesce(nullif(currency_conversion_rate, 0), 1) as rate,
        commitment_id is not null and commitment_status is not null as is_on_commitment,
        charge_category in ('Usage', 'Purchase') and sku_id is not null
            and coalesce(commitment_status, 'Used') <> 'Unused' as is_priced,
        coalesce(commitment_status = 'Unused', false) or (is_fee and part = 'charge') as is_commitment_itself
    from {{ ref('int_gcp__charges') }} as charges
),

tagged as (
    select
        named.*,
        -- Labels of the resource keep their keys; the other schemes are told apart by a prefix.
        {{ json_prefixed_members('labels', '') }} as label_members,
        {{ json_prefixed_members('tags', 'tag/') }} as tag_members,
        {{ json_prefixed_members('project_labels', 'project/') }} as project_members,
        {{ json_prefixed_members('system_labels', 'goog/') }} as system_members
    from named
)

select
    {{ columns_no_bill_fills() }},
    case when not is_commitment_itself then location_zone end as availability_zone,
    {{ money('billed_cost') }} as billed_cost,
    billing_account_id,
    cast(null as text) as billing_account_name,
    'Billing Account' as billing_account_type,
    currency as billing_currency,
    {{ month_end('x_billing_period') }} as billing_period_end,
    {{ period_start('x_billing_period') }} as billing_period_start,
    charge_category,
    cast(null as text) as charge_class,
    description as charge_description,
    case
        when charge_category = 'Usage' then 'Usage-Based'
        when charge_category = 'Purchase' then 'Recurring'
        else 'One-Time'
    end as charge_frequency,
    coalesce(usage_end_time, usage_start_time + interval '1 hour') as charge_period_end,
    usage_start_time as charge_period_start,
    case
        when commitment_id is null then null
        when {{ matches('lower(sku_description)', 'dollar|spend') }} then 'Spend'
        else 'Usage'
    end as commitment_discount_category,
    commitment_id as commitment_discount_id,
    cast(null as text) as commitment_discount_name,
    case when is_on_commitment then {{ money('usage_amount_in_pricing_units') }} end
        as commitment_discount_quantity,
    case when commitment_id is not null then commitment_status end as commitment_discount_status,
    case when commitment_id is not null then 'Committed Use Discount' end as commitment_discount_type,
    case
        when is_on_commitment and usage_amount_in_pricing_units is not null
            then coalesce(usage_pricing_unit, 'Units')
    end as commitment_discount_unit,
    case
        when is_priced and charge_category = 'Usage' then {{ money('usage_amount') }}
    end as consumed_quantity,
    case
        when is_priced and charge_category = 'Usage' and usage_amount is not null
            then coalesce(usage_unit, 'Units')
    end
        as consumed_unit,
    {{ money('contracted_cost') }} as contracted_cost,
    case when is_priced then {{ money('price_effective_price') }} end as contracted_unit_price,
    {{ money('effective_cost') }} as effective_cost,
    'Google Cloud' as host_provider_name,
    cast(null as text) as invoice_id,
    'Google Cloud' as invoice_issuer_name,
    {{ money('list_cost') }} as list_cost,
    case when is_priced then {{ money('price_list_price') }} end as list_unit_price,
    case
        when not is_priced then null
        when commitment_status = 'Used' then 'Committed'
        when {{ matches('lower(sku_description)', 'spot|preemptible') }} then 'Dynamic'
        else 'Standard'
    end as pricing_category,
    -- The rate turns US dollars, in which Google keeps its prices, into the invoice's currency.
    case when rate <> 1 then 'USD' else currency end as pricing_currency,
    cast(null as numeric(38, 12)) as pricing_currency_contracted_unit_price,
    {{ exact_ratio('effective_cost', 'rate') }} as pricing_currency_effective_cost,
    cast(null as numeric(38, 12)) as pricing_currency_list_unit_price,
    case when is_priced then {{ money('usage_amount_in_pricing_units') }} end as pricing_quantity,
    case
        when is_priced and usage_amount_in_pricing_units is not null
            then coalesce(usage_pricing_unit, 'Units')
    end
        as pricing_unit,
    native_region as region_id,
    native_region as region_name,
    case
        when is_commitment_itself then commitment_id
        else coalesce(resource_global_name, resource_name)
    end as resource_id,
    case when not is_commitment_itself then resource_name end as resource_name,
    case when is_commitment_itself then 'Commitment' end as resource_type,
    native_service as service_name,
    'Google Cloud' as service_provider_name,
    case when charge_category in ('Usage', 'Purchase') then sku_id end as sku_id,
    case when charge_category in ('Usage', 'Purchase') then sku_description end as sku_meter,
    case when is_priced then price_id end as sku_price_id,
    project_id as sub_account_id,
    project_name as sub_account_name,
    case when project_id is not null then 'Project' end as sub_account_type,
    case
        when coalesce(label_members, tag_members, project_members, system_members) is not null
            then
                '{'
                || {{ joined(['label_members', 'tag_members', 'project_members', 'system_members']) }}
                || '}'
    end as tags,
    {{ landing_columns() }},
    invoice_month as x_invoice_month,
    native_service as x_native_service,
    sku_description as x_usage_type,
    seller_name as x_seller_name,
    {{ charge_id('part') }} as x_charge_id,
    x_feed as x_billed_feed,
    x_export as x_billed_export,
    cast(null as text) as x_conformance_note
from tagged
