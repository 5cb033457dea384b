{#- Expressions over the lines of an AWS report. -#}

{#-
    Sold on the marketplace by somebody else. AWS's own entities, which sell there too, are named Amazon, AWS or AISPL;
    in China, Sinnet and Western Cloud Data run it.
-#}
{% macro is_sold_by_others() -%}
    coalesce(
        bill_billing_entity = 'AWS Marketplace' and not coalesce(
            {{ matches('line_item_legal_entity', 'Amazon|AWS|AISPL|Sinnet|Western Cloud Data') }}, false
        ), false
    )
{%- endmacro %}

{#- A marketplace seller that sends its own invoice: AWS reports the charge and does not ask for the money. -#}
{% macro is_invoiced_by_seller() -%}
    {{ is_sold_by_others() }} and coalesce(bill_invoicing_entity = line_item_legal_entity, false)
{%- endmacro %}

{#-
    Covered by a Savings Plan that the line does not name, nothing shows that a fee paid for it: it is charged as it
    stands, and so is a negation of it.
-#}
{% macro aws_line_type() -%}
    case
        when line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation') and savings_plan_arn is null
            then 'Usage'
        else coalesce(line_item_type, 'Usage')
    end
{%- endmacro %}

{#- Those of AWS's dictionary; any other is taken for usage. -#}
{% macro is_known_line_type() -%}
    (line_type like '%Discount' or line_type like '%Fee' or line_type in (
        'Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'FlatRateSubscription', 'Tax', 'Credit', 'Refund'
    ))
{%- endmacro %}

{#- Lines that charge the running of an instance: what split cost allocation divides. -#}
{% macro is_instance_charge(line_type) -%}
    {{ line_type }} in ('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage')
    and {{ matches('line_item_usage_type', '(Box|Spot|Dedicated)Usage') }}
{%- endmacro %}

{#-
    The price of usage, where the bill gives one: its own if that explains the cost to a ten-thousandth
    (rates have ten decimals at most) or no amount contradicts it, else what the cost makes of it; none of
    nothing used, nor below 0.
-#}
{% macro usage_price(price, cost) -%}
    case
        when
            line_item_usage_amount is null
            or abs({{ exact_product(price, 'line_item_usage_amount') }} - {{ cost }})
            <= abs({{ cost }}) * 0.0001 + 0.000000001
            then {{ price }}
        when {{ price }} is not null and {{ exact_ratio(cost, 'line_item_usage_amount') }} >= 0
            then {{ exact_ratio(cost, 'line_item_usage_amount') }}
    end
{%- endmacro %}

{#- Of fees and refunds the report often gives a rate that is none: only one that explains the cost counts. -#}
{% macro own_unit_price() -%}
    case
        when line_type in ('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage')
            then {{ usage_price('invoiced_rate', 'invoiced_cost') }}
        when invoiced_rate >= 0
            and {{ exact_product('invoiced_rate', 'line_item_usage_amount') }} = invoiced_cost then invoiced_rate
    end
{%- endmacro %}

{#- Dollars of a Savings Plan, (normalised) hours of a reservation: what is consumed, or bought to be. -#}
{% macro aws_commitment_quantity() -%}
    case line_type
        when 'SavingsPlanCoveredUsage' then savings_plan_effective_cost
        when 'DiscountedUsage' then coalesce(line_item_normalized_usage_amount, line_item_usage_amount)
        -- Each fee buys the dollars that it asks for: the total to date holds what was paid upfront too.
        when 'SavingsPlanRecurringFee' then line_item_unblended_cost
        when 'SavingsPlanUpfrontFee' then line_item_unblended_cost
        when 'RIFee' then coalesce(
            reservation_total_reserved_normalized_units, reservation_total_reserved_units, line_item_usage_amount
        )
        when 'Fee' then coalesce(reservation_total_reserved_normalized_units, reservation_total_reserved_units)
    end
{%- endmacro %}

{#- A Savings Plan's unused commitment is gross; what the fees really cost, net of private rates, scales it. -#}
{% macro aws_unused_cost() -%}
    case
        when line_type = 'RIFee' then
            coalesce(reservation_net_unused_amortized_upfront_fee, reservation_unused_amortized_upfront_fee, 0)
            + coalesce(reservation_net_unused_recurring_fee, reservation_unused_recurring_fee, 0)
        else {{ money('unused_commitment * coalesce(' ~ exact_ratio(
            'savings_plan_net_recurring_commitment + coalesce(savings_plan_net_amortized_upfront_commitment, 0)',
            'savings_plan_recurring_commitment + coalesce(savings_plan_amortized_upfront_commitment, 0)'
        ) ~ ', 1)') }}
    end
{%- endmacro %}

{#- A Savings Plan sells dollars for a dollar each; an hour of a reservation has the price of the instance. -#}
{% macro aws_unused_price() -%}
    case when line_type = 'RIFee' then pricing_public_on_demand_rate else 1 end
{%- endmacro %}

{% macro aws_unused_quantity() -%}
    case when line_type = 'RIFee' then reservation_unused_quantity else unused_commitment end
{%- endmacro %}

{#- Where it is not the currency: hours, normalised where the report counts them so. -#}
{% macro aws_commitment_unit() -%}
    case
        when commitment_id is null or commitment_quantity is null or not is_priced then null
        when savings_plan_arn is not null then line_item_currency_code
        when part = 'unused' and reservation_unused_normalized_quantity is null then 'Hours'
        when is_commitment_fee and part <> 'unused' and reservation_total_reserved_normalized_units is null
            then 'Hours'
        when is_covered and line_item_normalized_usage_amount is null then 'Hours'
        else 'Normalized Hours'
    end
{%- endmacro %}

{#- Reports without the region column still name it in the zone: us-east-1a, us-west-2-lax-1a. -#}
{% macro aws_region() -%}
    nullif(nullif(coalesce(
        product_region_code,
        case
            when {{ matches('line_item_availability_zone', '^[a-z]{2}(-[a-z]+)+-[0-9][a-z]?$') }}
                then {{ regexp_replace_all('line_item_availability_zone', '[a-z]$', '') }}
        end
    ), ''), 'global')
{%- endmacro %}
