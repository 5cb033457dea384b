-- What a line of a Google Cloud bill is, and what its credits make of its cost.
-- Commitments come in two shapes. `credit`: usage at its own price with a credit for what is covered, beside
-- the commitment's fee. `model` (spend-based, since 2025): usage at the price of a consumption model, and the
-- fee's own row is credited with what was used of it.
{%- set commitment_words = '(^|[^a-z])(cuds?|commitments?|committed|savings plans?)([^a-z]|$)' %}
with parsed as (
    select
        lines.*,
        coalesce(lower(cost_type), 'regular') = 'regular' as is_regular,
        {{ gcp_credit_sum('credits', gcp_commitment_kinds()) }} as commitment_credit,
        {{ gcp_credit_sum('credits', gcp_fee_offset_kinds()) }} as offset_credit,
        {{ gcp_credit_sum('credits', gcp_discount_kinds()) }} as discount_credit,
        {{ gcp_credit_text('credits', gcp_commitment_kinds(), ['id', 'name', 'type']) }}
            as credit_commitment_id,
        {{ gcp_credit_text('credits', gcp_commitment_kinds(), ['full_name', 'name']) }}
            as commitment_credit_name,
        {{ gcp_credit_text('credits', gcp_commitment_kinds(), ['type']) }} as commitment_credit_type,
        coalesce(
            {{ json_text('labels', 'goog-originating-sku-id') }},
            {{ json_text('system_labels', 'goog-originating-sku-id') }}
        ) as originating_sku_id,
        coalesce({{ matches('lower(sku_description)', '^commitment') }}, false) as is_named_commitment,
        -- Any other model than the default one is a commitment's, if it names the commitment or says so.
        coalesce(
            consumption_model_id is not null
            and lower(coalesce(consumption_model_description, '')) not like 'default%'
            and (
                subscription_instance_id is not null
                or {{ matches('lower(consumption_model_description)', commitment_words) }}
            ), false
        ) as is_priced_by_commitment
    from {{ ref('stg_gcp__usage_lines') }} as lines
),

classified as (
    select
        parsed.*,
        is_regular
        and (
            is_named_commitment or offset_credit <> 0
            or (subscription_instance_id is not null and not is_priced_by_commitment)
        ) as is_fee
    from parsed
)

select
    classified.*,
    case
        when is_fee then 'Purchase'
        when is_regular then 'Usage'
        when lower(cost_type) = 'tax' then 'Tax'
        -- Granted, not put right: Google calls these adjustments credits.
        when adjustment_info_type in ('GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION') then 'Credit'
        else 'Adjustment'
    end as charge_category,
    is_regular and not is_fee and (commitment_credit < 0 or is_priced_by_commitment) as is_covered,
    case when is_priced_by_commitment or offset_credit <> 0 then 'model' else 'credit' end
        as commitment_shape,
    -- Of covered usage: what the commitment covers of its cost; the weight of its share of the fee.
    {{ money('case when is_priced_by_commitment then cost + discount_credit else -commitment_credit end') }}
        as covered_cost,
    coalesce(subscription_instance_id, resource_name, sku_id) as fee_commitment_id,
    {{ gcp_commitment_kind(
        "concat_ws(' ', commitment_credit_type, commitment_credit_name, consumption_model_description, sku_description)"
    ) }}
        as commitment_kind,
    {{ money('cost + discount_credit + commitment_credit + offset_credit') }} as net_cost,
    -- Before credits: FOCUS's contracted cost leaves out all discounts but negotiated prices.
    {{ money('coalesce(
        case when is_priced_by_commitment then nullif(cost_at_effective_price_default, 0) end, cost
    )') }}
        as contracted_cost,
    {{ money('cost + discount_credit') }} as coverable_cost,
    -- 0 at another price is a placeholder, or the cost is 0 too.
    coalesce(nullif(cost_at_list, 0), cost) as list_cost,
    -- Prices may be for more than one unit: "per 1000000 count".
    case
        when coalesce(price_pricing_unit_quantity, 0) in (0, 1) then usage_amount_in_pricing_units
        else {{ exact_ratio('usage_amount_in_pricing_units', 'price_pricing_unit_quantity') }}
    end as pricing_quantity,
    cast(usage_start_time as date) as charge_date
from classified
