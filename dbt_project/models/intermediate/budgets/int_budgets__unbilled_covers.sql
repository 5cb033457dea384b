-- What budgets name and no charge has: a misspelt owner, a team that is still to come. It covers nothing.
with billed as (
    {%- for dimension in budget_dimensions() %}
    select distinct billing_currency, '{{ dimension }}' as dimension, {{ dimension }} as value
    from {{ ref('int_budgets__costs') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

unbilled as (
    select budgets.scope, covers.dimension || ' ' || covers.covered_value as cover
    from {{ ref('stg_platform__budgets') }} as budgets
    inner join {{ ref('stg_platform__budget_covers') }} as covers on budgets.scope = covers.scope
    left join billed
        on budgets.billing_currency = billed.billing_currency
        and covers.dimension = billed.dimension
        and covers.covered_value = billed.value
    where billed.value is null
    union all
    -- Each of its values may be in some bill, and no charge have all of them.
    select budgets.scope, 'all that it names together' as cover
    from {{ ref('stg_platform__budgets') }} as budgets
    left join {{ ref('int_budgets__daily_costs') }} as costs on budgets.scope = costs.scope
    where costs.scope is null
)

select scope, string_agg(cover, ', ' order by cover) as unbilled_covers
from unbilled
group by scope
