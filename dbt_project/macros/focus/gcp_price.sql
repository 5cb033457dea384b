{#-
    A unit price in the invoice's currency, where it explains the cost to a hundredth; else none, since FOCUS's cost
    is price times quantity wherever both are told.
-#}
{% macro gcp_price(price, cost) -%}
    case
        when is_priced and not is_unused and {{ price }} >= 0
            and abs({{ exact_product(money(price ~ ' * price_rate'), 'pricing_quantity') }} - {{ cost }})
            <= abs({{ cost }}) * 0.01 + 0.01
            then {{ money(price ~ ' * price_rate') }}
    end
{%- endmacro %}
