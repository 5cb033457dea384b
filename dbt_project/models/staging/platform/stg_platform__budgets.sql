select
    scope,
    billing_currency,
    limit_cost
from {{ source('platform', 'budgets') }}
