-- Google Cloud charges in FOCUS columns.
{%- set pacific_start = pacific_midnight("cast(x_billing_period || '-01' as timestamp)") %}
{%- set pacific_end = pacific_midnight("cast(x_billing_period || '-01' as timestamp) + interval '1 month'") %}
with named as (
    select
        charges.*,
        coalesce(service_description, service_id, 'Unknown') as native_service,
        sku_id || coalesce(
            '/' || {{ regexp_replace_all('cast(price_tier_start_amount as text)', '\\.?0*$', '') }}, ''
        ) as price_id,
        nullif(nullif(coalesce(location_region, location_location), ''), 'global') as native_region,
        coalesce(nullif(currency_conversion_rate, 0), 1) as rate,
        charge_category in ('Usage', 'Purchase') and sku_id is not null and pricing_quantity is not null
            as is_priced,
        coalesce(commitment_status = 'Unused', false) as is_unused,
        part <> 'charge' and commitment_id is null as is_credit,
        commitment_id is not null and coalesce(commitment_status, 'Unused') <> 'Used' as is_commitment_itself,
        -- Prices of consumption models, and commitments outside of Compute Engine, are always for spending.
        coalesce(commitment_kind = 'spend' or commitment_shape = 'model'
            or service_description <> 'Compute Engine', false) as is_spend,
        case
            when coalesce(price_pricing_unit_quantity, 0) in (0, 1) then coalesce(usage_pricing_unit, 'Units')
            else cast(cast(price_pricing_unit_quantity as bigint) as text) || ' '
                || coalesce(usage_pricing_unit, 'Units')
        end as priced_unit,
        coalesce(price_effective_price_default, price_effective_price) as contracted_price,
        case when upper(transaction_type) like 'THIRD_PARTY%' then seller_name end as third_party,
        {{ gcp_capacity_reservation() }} as reservation_id
    from {{ ref('int_gcp__charges') }} as charges
),

tagged as (
    select
        named.*,
        case when charge_category = 'Usage' and not is_unused then usage_amount end as consumed,
        case
            when commitment_id is null then null
            when not is_spend then pricing_quantity
            when charge_category = 'Purchase' then billed_cost
            else effective_cost
        end as committed,
        -- Prices are in the invoice's currency or in dollars: what comes nearer to the cost is meant.
        case
            when abs(
                contracted_cost - {{ exact_product(money('contracted_price * rate'), 'pricing_quantity') }}
            ) < abs(contracted_cost - {{ exact_product('contracted_price', 'pricing_quantity') }}) then rate
            else 1
        end as price_rate
    from named
),

priced as (
    select
        tagged.*,
        {{ gcp_price('contracted_price', 'contracted_cost') }} as contracted_unit,
        -- Exports without list prices tell the cost by them: where it is the cost paid, so is the price.
        {{ gcp_price(
            'coalesce(price_list_price, case when list_cost = contracted_cost then contracted_price end)', 'list_cost'
        ) }} as list_unit
    from tagged
)

select
    {{ columns_no_bill_fills(filled=['capacity_reservation_id', 'capacity_reservation_status']) }},
    reservation_id as capacity_reservation_id,
    case when reservation_id is not null then {{ gcp_reservation_status() }} end
        as capacity_reservation_status,
    case when not is_commitment_itself then location_zone end as availability_zone,
    {{ money('billed_cost') }} as billed_cost,
    billing_account_id, cast(null as text) as billing_account_name,
    'Billing Account' as billing_account_type,
    currency as billing_currency,
    {{ pacific_end }} as billing_period_end,
    {{ pacific_start }} as billing_period_start,
    charge_category,
    -- What puts an earlier invoice right: neither late usage, nor what Google grants, transfers or closes.
    case
        when adjustment_info_id is not null and usage_start_time < {{ pacific_start }} and not is_credit
            and coalesce(adjustment_info_type, 'CORRECTION') like '%CORRECTION' then 'Correction'
    end as charge_class,
    description as charge_description,
    case
        when charge_category = 'Usage' then 'Usage-Based'
        when charge_category = 'Purchase' then 'Recurring'
        else 'One-Time'
    end as charge_frequency,
    coalesce(usage_end_time, usage_start_time + interval '1 hour') as charge_period_end,
    usage_start_time as charge_period_start,
    case when commitment_id is not null then case when is_spend then 'Spend' else 'Usage' end end
        as commitment_discount_category,
    commitment_id as commitment_discount_id,
    cast(null as text) as commitment_discount_name,
    {{ money('case when is_priced then committed end') }} as commitment_discount_quantity,
    commitment_status as commitment_discount_status,
    case when commitment_id is not null then 'Committed Use Discount' end as commitment_discount_type,
    case
        when not is_priced or committed is null then null
        when is_spend then currency
        else priced_unit
    end as commitment_discount_unit,
    {{ money('case when is_priced then consumed end') }} as consumed_quantity,
    case when is_priced and consumed is not null then coalesce(usage_unit, 'Units') end as consumed_unit,
    coalesce({{ exact_product('contracted_unit', 'pricing_quantity') }}, {{ money('contracted_cost') }})
        as contracted_cost,
    {{ money('contracted_unit') }} as contracted_unit_price,
    {{ money('effective_cost') }} as effective_cost,
    'Google Cloud' as host_provider_name,
    cast(null as text) as invoice_id, 'Google Cloud' as invoice_issuer_name,
    coalesce({{ exact_product('list_unit', 'pricing_quantity') }}, {{ money('list_cost') }}) as list_cost,
    {{ money('list_unit') }} as list_unit_price,
    case
        when not is_priced then null
        when commitment_status is not null then 'Committed'
        when {{ matches("lower(concat_ws(' ', sku_description, consumption_model_description))",
            'spot|preemptible') }} then 'Dynamic'
        else 'Standard'
    end as pricing_category,
    -- The rate turns US dollars, in which Google keeps its prices, into the invoice's currency.
    case when rate <> 1 then 'USD' else currency end as pricing_currency,
    {{ money('case when rate <> 1 then ' ~ exact_ratio('contracted_unit', 'rate') ~ ' end') }}
        as pricing_currency_contracted_unit_price,
    {{ exact_ratio('effective_cost', 'rate') }} as pricing_currency_effective_cost,
    {{ money('case when rate <> 1 then ' ~ exact_ratio('list_unit', 'rate') ~ ' end') }}
        as pricing_currency_list_unit_price,
    {{ money('case when is_priced then pricing_quantity end') }} as pricing_quantity,
    case when is_priced and pricing_quantity is not null then priced_unit end as pricing_unit,
    native_region as region_id, native_region as region_name,
    case
        when is_commitment_itself then commitment_id
        else coalesce(resource_global_name, resource_name)
    end as resource_id,
    case when not is_commitment_itself then resource_name end as resource_name,
    case when is_commitment_itself then 'Commitment' else {{ gcp_resource_type() }} end as resource_type,
    native_service as service_name,
    coalesce(third_party, 'Google Cloud') as service_provider_name,
    case when charge_category in ('Usage', 'Purchase') then sku_id end as sku_id,
    case when charge_category in ('Usage', 'Purchase') and sku_id is not null then sku_description end
        as sku_meter,
    case when is_priced then price_id end as sku_price_id,
    project_id as sub_account_id,
    case when project_id is not null then project_name end as sub_account_name,
    case when project_id is not null then 'Project' end as sub_account_type,
    {{ google_tags('labels', 'tags', 'project_labels', 'system_labels') }} as tags,
    {{ landing_columns() }},
    invoice_month as x_invoice_month, native_service as x_native_service,
    sku_description as x_usage_type, seller_name as x_seller_name,
    {{ charge_id('part') }} as x_charge_id,
    x_feed as x_billed_feed, x_export as x_billed_export,
    cast(null as text) as x_conformance_note
from priced
