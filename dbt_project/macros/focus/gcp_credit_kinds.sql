{#- Credits that are part of the price of the row they stand in, as regular expressions over their kind. -#}
{% macro gcp_commitment_kinds() -%}^COMMITTED{%- endmacro %}

{% macro gcp_discount_kinds() -%}
    ^(SUSTAINED|DISCOUNT|RESELLER_MARGIN|FREE_TIER|SUBSCRIPTION_BENEFIT|FEE_UTILIZATION|NEGOTIATED)
{%- endmacro %}
