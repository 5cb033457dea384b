select
    scope,
    billing_currency,
    limit_cost,
    covers
from {{ source('platform', 'budgets') }}
