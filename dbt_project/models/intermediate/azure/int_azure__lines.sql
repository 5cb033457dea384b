-- Azure lines with what they mean: whose invoice, which commitment, how many blocks, at which exchange rate.
-- Rules 11, 14, 21, 22 of the normalisation list; named in the unit tests.
with lines as (
    select
        stg.*,
        {{ azure_billing_account() }} as billing_account_key,
        {{ azure_has_profile() }} as has_profile,
        lower(replace(coalesce(stg.charge_type, 'Usage'), ' ', '')) as charge_type_key,
        -- Older files have no pricing model.
        coalesce(
            lower(replace(stg.pricing_model, ' ', '')),
            case when stg.reservation_id is not null then 'reservation' end
        ) as pricing_model_key,
        lower(trim(stg.unit_of_measure)) as unit_key,
        coalesce(stg.pricing_currency, stg.billing_currency) as price_currency
    from {{ ref('stg_azure__cost_lines') }} as stg
),

measured as (
    select
        lines.*,
        pricing_model_key in ('reservation', 'savingsplan') as is_commitment,
        -- A unit nobody has listed, without its block: Widgets of "500 Widgets", Units/Week of "5K/Week".
        coalesce(units.unit, nullif({{ regexp_replace_all(
            regexp_replace_all('trim(lines.unit_of_measure)', '^[0-9]+[KMkm]? */', 'Units/'),
            '^[0-9]+[KMkm]?( +|$)', ''
        ) }}, ''), 'Units') as unit,
        case
            when units.block_size is not null then units.block_size
            -- It says its block by itself: "500 Widgets", "10K".
            when {{ matches('unit_key', '^[0-9]{1,9}[km]?([^0-9a-z]|$)') }}
                then greatest({{ money(regexp_replace_all('unit_key', '^([0-9]+).*$', '\\1')) }}, 1)
                * case
                    when {{ matches('unit_key', '^[0-9]+k') }} then 1000
                    when {{ matches('unit_key', '^[0-9]+m') }} then 1000000
                    else 1
                end
            else 1
        end as block_size,
        -- From the pricing currency to the invoice's; null where the file does not say.
        case
            when price_currency = billing_currency then {{ money(1) }}
            else coalesce(
                {{ money('nullif(exchange_rate_pricing_to_billing, 0)') }},
                {{ exact_ratio('cost', 'cost_in_pricing_currency') }}
            )
        end as rate
    from lines
    left join {{ ref('azure_pricing_units') }} as units on lines.unit_key = units.unit_of_measure
),

priced as (
    select
        measured.*,
        {{ exact_ratio('quantity', 'block_size') }} as quantity_in_blocks,
        -- The cost in the currency of the prices.
        case
            when price_currency = billing_currency then cost
            else coalesce(cost_in_pricing_currency, {{ exact_ratio('cost', 'rate') }}, cost)
        end as priced_cost,
        -- Refunds may leave out the price that was paid.
        case
            when cost <> 0 and coalesce(effective_price, 0) = 0 then unit_price
            else effective_price
        end as told_price
    from measured
),

counted as (
    select
        priced.*,
        -- 0 stands for "see the price sheet" in these exports, but for what costs nothing at all.
        coalesce(
            cost = 0 and coalesce(unit_price, effective_price) = 0 and charge_type_key = 'usage'
            and is_commitment is not true and coalesce(lower(publisher_type), 'azure') <> 'marketplace', false
        ) as is_free,
        charge_type_key in ('purchase', 'refund') as is_bought,
        -- A price was paid if it explains the cost.
        {%- for price in ['effective_price', 'unit_price'] %}
        case
            when least(
                abs(priced_cost - {{ exact_product('quantity', price) }}),
                abs(priced_cost - {{ exact_product('quantity_in_blocks', price) }})
            ) <= abs(priced_cost) * 0.01 then nullif({{ price }}, 0)
        end as paid_{{ price }},
        {%- endfor %}
        -- Most exports count in blocks ("10K") and price per block; some count single units. The one whose
        -- product with the price is nearer to the cost is meant, whichever of the two a refund negates.
        block_size = 1
        or coalesce(
            abs(abs(priced_cost) - abs({{ exact_product('quantity', 'told_price') }}))
            <= abs(abs(priced_cost) - abs({{ exact_product('quantity_in_blocks', 'told_price') }})),
            true
        ) as counts_blocks
    from priced
),

quoted as (
    select
        counted.*,
        -- The effective price of what a commitment covers, or leaves unused, is the commitment's.
        case
            when is_free then 0
            when is_bought then coalesce(paid_unit_price, paid_effective_price)
            when is_commitment then nullif(unit_price, 0)
            else coalesce(nullif(unit_price, 0), paid_effective_price)
        end as contracted_price
    from counted
),

listed as (
    select
        quoted.*,
        -- Pay-as-you-go exports have one price, and so have commitments: what is paid is the list price too.
        case
            when is_free then coalesce(payg_price, 0)
            when is_bought and is_commitment then contracted_price
            when is_bought or (payg_price is null and unit_price is null)
                then coalesce(nullif(payg_price, 0), contracted_price)
            else nullif(payg_price, 0)
        end as list_price
    from quoted
)

select
    listed.*,
    case when counts_blocks then quantity else quantity_in_blocks end as pricing_quantity,
    case when counts_blocks then {{ exact_product('quantity', 'block_size') }} else quantity end
        as consumed_quantity,
    -- A number alone is no unit.
    case
        when {{ matches('unit_key', '^[0-9]+[km]?$') }}
            then cast(cast(block_size as bigint) as text) || ' ' || unit
        else coalesce(unit_of_measure, unit)
    end as pricing_unit,
    {{ money('list_price * rate') }} as list_unit_price,
    {{ money('contracted_price * rate') }} as contracted_unit_price,
    -- A purchase names the order, usage the part of it that covers: the order is what both have.
    case
        when is_commitment is not true then null
        when {{ matches("lower(benefit_id)", "orders/[^/]+") }}
            then {{ regexp_replace_all("lower(benefit_id)", "^(.*orders/[^/]+).*$", "\\1") }}
        when product_order_id is not null and pricing_model_key = 'savingsplan'
            then '/providers/microsoft.billingbenefits/savingsplanorders/' || lower(product_order_id)
        when product_order_id is not null
            then '/providers/microsoft.capacity/reservationorders/' || lower(product_order_id)
        else lower(coalesce(benefit_id, reservation_id))
    end as commitment_id
from listed
