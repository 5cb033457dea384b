select
    volumes.period_type,
    volumes.period_start,
    volumes.product,
    volumes.metric,
    costs.billing_currency,
    costs.effective_cost,
    volumes.quantity,
    {{ exact_ratio('costs.effective_cost', 'volumes.quantity') }} as unit_cost
from {{ ref('int_unit_economics__volumes') }} as volumes
inner join {{ ref('int_unit_economics__product_costs') }} as costs
    on volumes.period_type = costs.period_type
    and volumes.period_start = costs.period_start
    and volumes.product = costs.product
