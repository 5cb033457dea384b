{#-
    The invoice's currency for one unit of another pricing currency, as a FOCUS file says it (Azure) or as its unit
    prices in both currencies show it.
-#}
{% macro focus_exchange_rate() -%}
    case
        when stg.pricing_currency <> stg.billing_currency then coalesce(
            nullif(stg.x_billing_exchange_rate, 0),
            nullif({{ exact_ratio('stg.contracted_unit_price', 'stg.pricing_currency_contracted_unit_price') }}, 0),
            nullif({{ exact_ratio('stg.list_unit_price', 'stg.pricing_currency_list_unit_price') }}, 0)
        )
    end
{%- endmacro %}
