{#-
    FOCUS 1.4's conditions on single rows that a type or a not-null constraint cannot say: one scan for all, one
    result row per broken rule with its count and an example.
-#}
{% test focus_conformance(model) %}
{%- set rules = {
    'ChargeCategory-values': "charge_category not in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment')",
    'ChargeClass-values': "charge_class <> 'Correction'",
    'ChargeFrequency-values': "charge_frequency not in ('One-Time', 'Recurring', 'Usage-Based')",
    'PricingCategory-values': "pricing_category not in ('Standard', 'Dynamic', 'Committed', 'Other')",
    'CommitmentDiscountStatus-values': "commitment_discount_status not in ('Used', 'Unused')",
    'CommitmentDiscountCategory-values': "commitment_discount_category not in ('Spend', 'Usage')",
    'ServiceCategory-values': 'service_category not in ' ~ service_category_names(),
    'ChargePeriod-order': 'charge_period_end <= charge_period_start',
    'BillingPeriod-order': 'billing_period_end <= billing_period_start',
    'BillingCurrency-code': 'length(billing_currency) <> 3',
    'RegionName-with-RegionId': '(region_id is null) <> (region_name is null)',
    'SubAccountType-with-SubAccountId': '(sub_account_id is null) <> (sub_account_type is null)',
    'NullHandling-empty': "'' in (region_id, resource_id, resource_name, tags, invoice_id, sku_id, sub_account_id, charge_description)",
    'Status-only-on-usage': "commitment_discount_status is not null and (charge_category <> 'Usage' or commitment_discount_id is null)",
    'Unused-is-not-billed': "commitment_discount_status = 'Unused' and billed_cost <> 0 and x_conformance_note is null and x_feed <> 'focus'",
    'Unused-without-consumption': "commitment_discount_status = 'Unused' and consumed_quantity is not null and x_feed <> 'focus'",
    'Commitment-purchase-without-effective-cost': "charge_category = 'Purchase' and commitment_discount_id is not null and effective_cost <> 0 and x_conformance_note is null and x_feed <> 'focus'",
    'EffectiveCost-of-Tax-and-Credit': "charge_category in ('Tax', 'Credit') and effective_cost <> billed_cost and x_feed <> 'focus'",
    'SkuPriceId-with-price-columns': "sku_price_id is null and x_feed <> 'focus' and (pricing_quantity is not null or pricing_category is not null or consumed_quantity is not null or list_unit_price is not null or contracted_unit_price is not null)",
    'Tax-without-price': "charge_category = 'Tax' and x_feed <> 'focus' and (sku_id is not null or sku_price_id is not null or pricing_category is not null or list_unit_price is not null)",
} %}
with counted as (
    select
        {%- for rule, broken in rules.items() %}
        count(case when {{ broken }} then 1 end) as broken_{{ loop.index }},
        min(case when {{ broken }} then x_charge_id end) as example_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
)

{% for rule in rules %}
select '{{ rule }}' as rule_name, broken_{{ loop.index }} as rows_found, example_{{ loop.index }} as example_charge_id
from counted
where broken_{{ loop.index }} > 0
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% endtest %}
