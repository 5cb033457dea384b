{#-
    A select that splits each charge (one `pool` each) over the weights of its key, to the last decimal: shares
    are cut after 12 decimals and the largest weight takes the residual. A charge without weights stays whole,
    with weight_owner null.
-#}
{% macro split_costs(charges, weights, keys) -%}
    select
        shared.*,
        {{ money(with_residual('billed_share', 'whole_billed_cost', 'pool', 'weight desc, weight_owner, weight_product')) }}
            as billed_cost,
        {{ money(with_residual('effective_share', 'whole_effective_cost', 'pool', 'weight desc, weight_owner, weight_product')) }}
            as effective_cost
    from (
        select
            weighed.*,
            {{ money('whole_billed_cost * ratio') }} as billed_share,
            {{ money('whole_effective_cost * ratio') }} as effective_share
        from (
            select
                charges.pool, charges.charge_date, charges.service_provider_name, charges.billing_account_id,
                charges.sub_account_id, charges.service_name, charges.service_category, charges.charge_category,
                charges.billing_currency,
                charges.environment, charges.allocation_rule,
                charges.billed_cost as whole_billed_cost,
                charges.effective_cost as whole_effective_cost,
                weights.owner as weight_owner,
                weights.product as weight_product,
                coalesce(weights.weight, 1) as weight,
                coalesce({{ exact_ratio('weights.weight', 'weights.total_weight') }}, 1) as ratio
            from {{ charges }} as charges
            left join (
                select
                    keyed.*,
                    sum(weight) over (partition by {{ keys | join(', ') }}) as total_weight
                from {{ weights }} as keyed
            ) as weights
                on {% for key in keys -%}
                charges.{{ key }} = weights.{{ key }}{{ ' and ' if not loop.last }}
                {%- endfor %}
        ) as weighed
    ) as shared
{%- endmacro %}
