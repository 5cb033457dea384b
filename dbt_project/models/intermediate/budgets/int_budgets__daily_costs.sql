{{ config(materialized='table') }}
-- What each budget covers of each day: usage at effective cost, shared costs split over those who pay for
-- them. A dimension that a budget does not name is not asked for.
{%- set dimensions = ['owner', 'product', 'environment', 'provider', 'account', 'service'] %}
with costs as (
    select
        charge_date, service_provider_name, billing_currency, owner, product, environment,
        service_provider_name as provider,
        coalesce(sub_account_id, billing_account_id) as account,
        service_name as service,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_allocated_costs') }}
    where charge_category = 'Usage'
    group by
        charge_date, service_provider_name, billing_currency, owner, product, environment,
        coalesce(sub_account_id, billing_account_id), service_name
)

select
    budgets.scope,
    costs.service_provider_name,
    costs.billing_currency,
    costs.charge_date,
    {{ money('sum(costs.effective_cost)') }} as effective_cost
from {{ ref('stg_platform__budgets') }} as budgets
inner join costs on budgets.billing_currency = costs.billing_currency
where
    {%- for dimension in dimensions %}
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
