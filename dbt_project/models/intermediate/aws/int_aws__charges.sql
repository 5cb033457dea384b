-- AWS lines as charges: what each line is, what it costs, and one more charge per unused commitment.
{%- set covered_lines = "'SavingsPlanCoveredUsage', 'DiscountedUsage'" %}
with classified as (
    select
        lines.*,
        {{ aws_line_type() }} as line_type,
        coalesce(savings_plan_arn, reservation_arn) as commitment_id,
        case
            when savings_plan_arn is not null then 'Savings Plan'
            when reservation_arn is not null then 'Reserved Instance'
        end as commitment_type,
        -- Private rates: net amounts already hold the discount that other lines repeat.
        coalesce(line_item_net_unblended_cost, line_item_unblended_cost) as invoiced_cost,
        -- 0 at the public price is a placeholder, or what is charged is 0 too.
        nullif(pricing_public_on_demand_cost, 0) as public_cost,
        case
            when line_item_net_unblended_rate is not null then line_item_net_unblended_rate
            -- An export may select net costs without net rates.
            when line_item_net_unblended_cost <> line_item_unblended_cost
                then {{ exact_ratio('line_item_net_unblended_cost', 'line_item_usage_amount') }}
            else line_item_unblended_rate
        end as invoiced_rate,
        coalesce(
            line_item_type in ('SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee')
            or (line_item_type = 'Fee' and reservation_arn is not null), false
        ) as is_commitment_fee,
        {{ aws_line_type() }} in ({{ covered_lines }}) as is_covered,
        {{ is_invoiced_by_seller() }} as is_invoiced_elsewhere,
        coalesce(line_item_type = 'Refund' and line_item_tax_type is not null, false) as is_refunded_tax,
        savings_plan_total_commitment_to_date - coalesce(savings_plan_used_commitment, 0)
            as unused_commitment
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
            line_type like '%Discount'
            and line_item_net_unblended_cost is not null
            and line_item_net_unblended_cost = 0
        )
),

charged as (
    select
        kept.*,
        'charge' as part,
        case
            when is_commitment_fee or line_type in ('Fee', 'FlatRateSubscription') then 'Purchase'
            when line_type = 'Tax' or is_refunded_tax then 'Tax'
            when line_type = 'Credit' or line_type like '%Discount' then 'Credit'
            -- A refund keeps the category of what is refunded.
            when line_type = 'Refund' and commitment_id is not null then 'Purchase'
            else 'Usage'
        end as charge_category,
        case when is_covered and commitment_id is not null then 'Used' end as commitment_status,
        case
            when line_type = 'SavingsPlanCoveredUsage' or is_invoiced_elsewhere then 0
            else invoiced_cost
        end as billed_cost,
        case
            -- What buys a commitment, or refunds it, costs something when the commitment is used.
            when is_commitment_fee or is_invoiced_elsewhere then 0
            when line_type = 'Refund' and commitment_id is not null and not is_refunded_tax then 0
            when line_type = 'SavingsPlanCoveredUsage'
                then coalesce(savings_plan_net_effective_cost, savings_plan_effective_cost, 0)
            when line_type = 'DiscountedUsage'
                then coalesce(reservation_net_effective_cost, reservation_effective_cost, invoiced_cost)
            else invoiced_cost
        end as effective_cost,
        case
            when line_type in ({{ covered_lines }}, 'Usage')
                then coalesce(public_cost, invoiced_cost)
            else invoiced_cost
        end as list_cost,
        case
            when line_type in ({{ covered_lines }}, 'Usage') and public_cost is not null
                then {{ usage_price('pricing_public_on_demand_rate', 'public_cost') }}
            else {{ own_unit_price() }}
        end as list_unit_price,
        case
            when line_type = 'DiscountedUsage' then coalesce(public_cost, invoiced_cost)
            else invoiced_cost
        end as contracted_cost,
        case
            when line_type = 'DiscountedUsage' and public_cost is not null
                then {{ usage_price('pricing_public_on_demand_rate', 'public_cost') }}
            else {{ own_unit_price() }}
        end as contracted_unit_price,
        line_item_usage_amount as pricing_quantity,
        {{ aws_commitment_quantity() }} as commitment_quantity
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
        {{ aws_unused_cost() }} as effective_cost,
        coalesce({{ aws_unused_price() }} * {{ aws_unused_quantity() }}, 0) as list_cost,
        {{ aws_unused_price() }} as list_unit_price,
        coalesce({{ aws_unused_price() }} * {{ aws_unused_quantity() }}, 0) as contracted_cost,
        {{ aws_unused_price() }} as contracted_unit_price,
        {{ aws_unused_quantity() }} as pricing_quantity,
        case
            when line_type = 'RIFee'
                then coalesce(reservation_unused_normalized_quantity, reservation_unused_quantity)
            else unused_commitment
        end as commitment_quantity
    from kept
    where line_type in ('RIFee', 'SavingsPlanRecurringFee') and commitment_id is not null
)

{% set amounts = ['billed_cost', 'effective_cost', 'list_cost', 'list_unit_price', 'contracted_cost',
    'contracted_unit_price', 'pricing_quantity', 'commitment_quantity'] %}
{%- for source in ['charged', 'unused'] %}
select
    {{ aws_charge_columns() | join(', ') }},
    split_parent_resource_id, invoiced_cost, part,
    {%- for amount in amounts %}
    {{ money(amount) }} as {{ amount }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ source }}
{{ 'union all' if not loop.last else 'where effective_cost > 0' }}
{%- endfor %}
