-- OCI charges in FOCUS columns.
with named as (
    select
        lines.*,
        coalesce(service, 'Unknown') as native_service,
        coalesce(lower(is_correction) = 'true', false) as is_correcting,
        coalesce(upper(overage_flag) = 'Y', false) as is_overage,
        coalesce(sku_unit_description, billing_unit_readable, 'Units') as unit,
        coalesce(case when upper(overage_flag) = 'Y' then unit_price_overage end, unit_price) as price,
        -- Compartments are the provider's own grouping, so they are tags with a prefix.
        {{ json_facts({'oci:compartment_id': 'compartment_id', 'oci:compartment_name': 'compartment_name'}) }}
            as compartment
    from {{ ref('stg_oci__cost_lines') }} as lines
),

priced as (
    select
        named.*,
        product_sku is not null and billed_quantity is not null as is_priced,
        -- A price that does not explain the cost is none; the report's doubles differ in their last digits.
        case
            when product_sku is not null
                and abs({{ exact_product('price', 'billed_quantity') }} - my_cost)
                <= 0.000000001 * (1 + abs(my_cost))
                then price
        end as unit_price_paid,
        -- Cost reports, unlike usage reports, name no kind of resource; its id does: ocid1.instance.oc1…
        case
            when resource_id is null then null
            when resource is not null then resource
            when {{ matches('resource_id', '^ocid[0-9]+[.][a-z0-9]+[.]') }}
                then {{ regexp_replace_all('resource_id', '^ocid[0-9]+[.]([a-z0-9]+)[.].*$', '\\1') }}
            else native_service
        end as resource_type
    from named
)

select
    {{ columns_no_bill_fills() }},
    availability_domain as availability_zone,
    {{ money('my_cost') }} as billed_cost,
    coalesce(subscription_id, tenant_id) as billing_account_id,
    cast(null as text) as billing_account_name,
    case when subscription_id is null then 'Tenancy' else 'Subscription' end as billing_account_type,
    currency_code as billing_currency,
    {{ month_end('x_billing_period') }} as billing_period_end,
    {{ period_start('x_billing_period') }} as billing_period_start,
    'Usage' as charge_category,
    -- A correction stands in the month that it corrects, and the report does not say when that was closed.
    cast(null as text) as charge_class,
    description as charge_description,
    'Usage-Based' as charge_frequency,
    coalesce(interval_usage_end, interval_usage_start + interval '1 hour') as charge_period_end,
    interval_usage_start as charge_period_start,
    cast(null as text) as commitment_discount_category,
    cast(null as text) as commitment_discount_id,
    cast(null as text) as commitment_discount_name,
    cast(null as numeric(38, 12)) as commitment_discount_quantity,
    cast(null as text) as commitment_discount_status,
    cast(null as text) as commitment_discount_type,
    cast(null as text) as commitment_discount_unit,
    {{ money('case when is_priced then coalesce(consumed_quantity, billed_quantity) end') }}
        as consumed_quantity,
    case when is_priced then coalesce(consumed_quantity_units, unit) end as consumed_unit,
    {{ money('my_cost') }} as contracted_cost,
    {{ money('unit_price_paid') }} as contracted_unit_price,
    {{ money('my_cost') }} as effective_cost,
    'Oracle' as host_provider_name,
    cast(null as text) as invoice_id,
    'Oracle' as invoice_issuer_name,
    {{ money('my_cost') }} as list_cost,
    {{ money('unit_price_paid') }} as list_unit_price,
    case when is_priced then 'Standard' end as pricing_category,
    currency_code as pricing_currency,
    cast(null as numeric(38, 12)) as pricing_currency_contracted_unit_price,
    {{ money('my_cost') }} as pricing_currency_effective_cost,
    cast(null as numeric(38, 12)) as pricing_currency_list_unit_price,
    {{ money('case when is_priced then billed_quantity end') }} as pricing_quantity,
    case when is_priced then unit end as pricing_unit,
    region as region_id,
    region as region_name,
    resource_id,
    cast(null as text) as resource_name,
    resource_type,
    native_service as service_name,
    'Oracle' as service_provider_name,
    product_sku as sku_id,
    case when product_sku is not null then resource end as sku_meter,
    case when is_priced then product_sku end as sku_price_id,
    tenant_id as sub_account_id,
    cast(null as text) as sub_account_name,
    'Tenancy' as sub_account_type,
    case
        when compartment = '{}' then tags
        when tags is null then compartment
        else left(compartment, length(compartment) - 1) || ',' || substr(tags, 2)
    end as tags,
    {{ landing_columns() }},
    x_billing_period as x_invoice_month,
    native_service as x_native_service,
    resource as x_usage_type,
    cast(null as text) as x_seller_name,
    {{ charge_id("'charge'") }} as x_charge_id,
    x_feed as x_billed_feed,
    x_export as x_billed_export,
    case
        when is_correcting
            then case when is_overage then 'overage, ' else '' end || 'corrects line '
            || coalesce(backreference_no, 'unknown')
        when is_overage then 'overage'
    end as x_conformance_note
from priced
