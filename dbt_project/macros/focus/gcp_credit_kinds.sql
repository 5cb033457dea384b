{#- Credits that are part of the price of the row they stand in, as regular expressions over their kind. -#}
{% macro gcp_commitment_kinds() -%}^COMMITTED{%- endmacro %}

{#- What used usage gives back of a commitment's fee, since 2025: it stands in the fee's own row. -#}
{% macro gcp_fee_offset_kinds() -%}^FEE_UTILIZATION{%- endmacro %}

{% macro gcp_discount_kinds() -%}
    ^(SUSTAINED|DISCOUNT|SPENDING_BASED|RESELLER_MARGIN|FREE_TIER|SUBSCRIPTION_BENEFIT|NEGOTIATED)
{%- endmacro %}

{#- Any of them: these are never charges of their own. -#}
{% macro gcp_kinds_in_the_row() -%}
    ^(COMMITTED|FEE_UTILIZATION|SUSTAINED|DISCOUNT|SPENDING_BASED|RESELLER_MARGIN|FREE_TIER|SUBSCRIPTION_BENEFIT|NEGOTIATED)
{%- endmacro %}
