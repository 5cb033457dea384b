-- AWS lines as charges: what each line is, what it costs, and one more charge per unused commitment.
-- Rules 1-6, 9, 10, 12, 16 of the normalisation list; named in the unit tests.
{%- set discount_lines =
    "'EdpDiscount', 'PrivateRateDiscount', 'BundledDiscount', 'SppDiscount', 'Discount'" %}
with classified as (
    select
        lines.*,
        coalesce(line_item_type, 'Usage') as line_type,
        coalesce(savings_plan_arn, reservation_arn) as commitment_id,
        case
            when savings_plan_arn is not null then 'Savings Plan'
            when reservation_arn is not null then 'Reserved Instance'
        end as commitment_type,
        -- Private rates: net amounts already hold the discount that other lines repeat.
        coalesce(line_item_net_unblended_cost, line_item_unblended_cost) as invoiced_cost,
        coalesce(line_item_net_unblended_rate, line_item_unblended_rate) as invoiced_rate,
        coalesce(
            line_item_type in ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee')
            or (line_item_type = 'Fee' and reservation_arn is not null), false
        ) as is_commitment_fee,
        coalesce(line_item_type in ('SavingsPlanCoveredUsage', 'DiscountedUsage'), false) as is_covered
    from {{ ref('stg_aws__line_items') }} as lines
),

kept as (
    select *
    from classified
    where
        -- The negation repeats the covered usage with the opposite sign.
        line_type <> 'SavingsPlanNegation'
        -- Discount lines are 0 in net terms where the bill has net columns.
        and not (
            line_type in ({{ discount_lines }})
            and line_item_net_unblended_cost is not null
            and line_item_net_unblended_cost = 0
        )
),

charged as (
    select
        kept.*,
        'charge' as part,
        case
            when is_commitment_fee or line_type = 'Fee' then 'Purchase'
            when line_type = 'Tax' then 'Tax'
            when line_type in ('Credit', {{ discount_lines }}) then 'Credit'
            -- A refund keeps the category of what is refunded.
            when line_type = 'Refund' and commitment_id is not null then 'Purchase'
            else 'Usage'
        end as charge_category,
        case when is_covered and commitment_id is not null then 'Used' end as commitment_status,
        case when line_type = 'SavingsPlanCoveredUsage' then 0 else invoiced_cost end as billed_cost,
        case
            when is_commitment_fee then 0
            when line_type = 'SavingsPlanCoveredUsage'
                then coalesce(savings_plan_net_effective_cost, savings_plan_effective_cost, 0)
            when line_type = 'DiscountedUsage'
                then coalesce(reservation_net_effective_cost, reservation_effective_cost, invoiced_cost)
            else invoiced_cost
        end as effective_cost,
        case
            when line_type in ('SavingsPlanCoveredUsage', 'DiscountedUsage', 'Usage')
                then coalesce(pricing_public_on_demand_cost, invoiced_cost)
            else invoiced_cost
        end as list_cost,
        case
            when line_type = 'DiscountedUsage' then coalesce(pricing_public_on_demand_cost, invoiced_cost)
            else invoiced_cost
        end as contracted_cost,
        case
            when line_type = 'SavingsPlanCoveredUsage'
                then coalesce(savings_plan_net_effective_cost, savings_plan_effective_cost)
            when line_type = 'DiscountedUsage'
                then coalesce(line_item_normalized_usage_amount, line_item_usage_amount)
        end as commitment_quantity
    from kept
),

-- What the fee bought and nobody used, as usage of the commitment itself.
unused as (
    select
        kept.*,
        'unused' as part,
        'Usage' as charge_category,
        'Unused' as commitment_status,
        0 as billed_cost,
        case
            when line_type = 'RIFee'
                then coalesce(reservation_unused_amortized_upfront_fee, 0)
                    + coalesce(reservation_unused_recurring_fee, 0)
            else savings_plan_total_commitment_to_date - coalesce(savings_plan_used_commitment, 0)
        end as effective_cost,
        0 as list_cost,
        0 as contracted_cost,
        case
            when line_type = 'RIFee' then reservation_unused_quantity
            else savings_plan_total_commitment_to_date - coalesce(savings_plan_used_commitment, 0)
        end as commitment_quantity
    from kept
    where line_type in ('RIFee', 'SavingsPlanRecurringFee') and commitment_id is not null
)

{% set amounts = ['billed_cost', 'effective_cost', 'list_cost', 'contracted_cost', 'commitment_quantity'] %}
{%- set columns = [
    'bill_invoice_id', 'bill_invoicing_entity', 'bill_billing_entity', 'bill_payer_account_id',
    'bill_payer_account_name', 'bill_billing_period_start_date', 'bill_billing_period_end_date',
    'line_item_usage_account_id', 'line_item_usage_account_name', 'line_item_usage_start_date',
    'line_item_usage_end_date', 'line_item_product_code', 'line_item_usage_type',
    'line_item_availability_zone', 'line_item_resource_id', 'line_item_usage_amount',
    'line_item_currency_code', 'line_item_description', 'line_item_legal_entity', 'product_name',
    'product_family', 'product_servicecode', 'product_region_code', 'product_location', 'product_sku',
    'pricing_rate_code', 'pricing_public_on_demand_rate', 'pricing_unit', 'reservation_arn',
    'savings_plan_arn', 'resource_tags', 'x_feed', 'x_export', 'x_billing_period', 'x_landing_id',
    'x_source_file', 'x_source_row_number', 'line_type', 'commitment_id', 'commitment_type', 'invoiced_rate',
    'is_commitment_fee', 'is_covered', 'part', 'charge_category', 'commitment_status'
] %}
{%- for source in ['charged', 'unused'] %}
select
    {{ columns | join(', ') }},
    {%- for amount in amounts %}
    {{ money(amount) }} as {{ amount }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ source }}
{{ 'union all' if not loop.last else 'where effective_cost > 0' }}
{%- endfor %}
