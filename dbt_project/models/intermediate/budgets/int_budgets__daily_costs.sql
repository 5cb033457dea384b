{{ config(materialized='table') }}
-- What each budget covers of each day. A dimension that a budget does not name is not asked for.
select
    budgets.scope,
    costs.service_provider_name,
    costs.billing_currency,
    costs.charge_date,
    {{ money('sum(costs.effective_cost)') }} as effective_cost
from {{ ref('stg_platform__budgets') }} as budgets
inner join {{ ref('int_budgets__costs') }} as costs on budgets.billing_currency = costs.billing_currency
where
    {%- for dimension in budget_dimensions() %}
    (
        not exists (
            select 1 from {{ ref('stg_platform__budget_covers') }} as covers
            where budgets.scope = covers.scope and covers.dimension = '{{ dimension }}'
        )
        or exists (
            select 1 from {{ ref('stg_platform__budget_covers') }} as covers
            where budgets.scope = covers.scope and covers.dimension = '{{ dimension }}'
                and costs.{{ dimension }} = covers.covered_value
        )
    )
    {{ 'and' if not loop.last }}
    {%- endfor %}
group by budgets.scope, costs.service_provider_name, costs.billing_currency, costs.charge_date
