-- Azure lines as charges, each counted once although it may stand in two exports.
-- Rules 9, 10, 11, 14, 20, 21 of the normalisation list; named in the unit tests.
{%- set rate = 'case
    when pricing_currency <> billing_currency then coalesce(exchange_rate_pricing_to_billing, 1) else 1
end' %}
{%- set counts_blocks =
    'abs(cost - quantity * effective_price) <= abs(cost - quantity_in_blocks * effective_price)' %}
with lines as (
    select
        stg.*,
        coalesce(stg.billing_account_id, stg.subscription_id, 'unknown') as billing_account_key,
        coalesce(lower(replace(stg.pricing_model, ' ', '')) in ('reservation', 'savingsplan'), false)
            as is_commitment,
        coalesce(stg.charge_type, 'Usage') as native_charge_type,
        units.unit,
        coalesce(units.block_size, 1) as block_size
    from {{ ref('stg_azure__cost_lines') }} as stg
    left join {{ ref('azure_pricing_units') }} as units on stg.unit_of_measure = units.unit_of_measure
),

paired as (
    select
        lines.*,
        exports.actual_export,
        coalesce(exports.actual_export is not null and exports.amortized_export is not null, false)
            as is_paired,
        lines.x_feed = 'azure_amortized' as is_amortized,
        lines.native_charge_type in ('Purchase', 'Refund') and lines.is_commitment as is_commitment_purchase,
        {{ exact_ratio('lines.quantity', 'lines.block_size') }} as quantity_in_blocks
    from lines
    left join {{ ref('int_azure__account_exports') }} as exports
        on lines.billing_account_key = exports.billing_account_key
        and lines.x_billing_period = exports.x_billing_period
)

select
    paired.*,
    case
        when native_charge_type in ('Purchase', 'Tax') then native_charge_type
        when native_charge_type = 'Refund' and is_commitment then 'Purchase'
        when native_charge_type in ('RoundingAdjustment', 'Adjustment') then 'Adjustment'
        when native_charge_type = 'Credit' then 'Credit'
        else 'Usage'
    end as charge_category,
    case
        when is_commitment_purchase or not is_commitment then null
        when native_charge_type in ('UnusedReservation', 'UnusedSavingsPlan') then 'Unused'
        else 'Used'
    end as commitment_status,
    {{ money('case when is_paired and is_amortized and is_commitment then 0 else cost end') }} as billed_cost,
    {{ money('case when is_paired and not is_amortized then 0 else cost end') }} as effective_cost,
    -- Most exports count in blocks ("10K") and price per block; some count single units. The one whose
    -- product with the price is nearer to the cost is meant.
    case
        when block_size = 1 then quantity
        when {{ counts_blocks }} then quantity
        else quantity_in_blocks
    end as pricing_quantity,
    case
        when block_size = 1 then quantity
        when {{ counts_blocks }} then {{ money('quantity * block_size') }}
        else quantity
    end as consumed_quantity,
    -- 0 stands for "see the price sheet" in these exports.
    {{ money('nullif(payg_price, 0) * ' ~ rate) }} as list_unit_price,
    {{ money('nullif(unit_price, 0) * ' ~ rate) }} as contracted_unit_price,
    case when is_paired and is_amortized then 'azure_actual' else x_feed end as billed_feed,
    case when is_paired and is_amortized then actual_export else x_export end as billed_export,
    case
        when is_paired then null
        when is_amortized then 'amortised export alone: purchases are billed as they are spread over usage'
        else 'actual export alone: purchases are not spread over the usage they cover'
    end as conformance_note
from paired
-- Everything is in the amortised export, except what it spreads: purchases of commitments and their refunds.
where not is_paired or is_amortized or is_commitment_purchase
