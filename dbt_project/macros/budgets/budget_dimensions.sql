{#
    What a budget may choose charges by: columns of int_budgets__costs. The policies read limits with the same
    names (policies/deployment/budget_scopes.py).
#}
{% macro budget_dimensions() %}
    {{ return(['owner', 'product', 'environment', 'provider', 'account', 'service']) }}
{% endmacro %}
