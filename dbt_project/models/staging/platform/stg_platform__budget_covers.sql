select
    scope,
    dimension,
    covered_value
from {{ source('platform', 'budget_covers') }}
