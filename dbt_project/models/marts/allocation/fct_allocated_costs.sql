{%- set grain = [
    'charge_date', 'service_provider_name', 'billing_account_id', 'sub_account_id', 'service_name',
    'service_category', 'charge_category', 'billing_currency', 'environment', 'owner', 'product', 'allocation_method',
    'allocation_rule'
] -%}
with allocated as (
    select {{ grain | join(', ') }}, billed_cost, effective_cost
    from {{ ref('int_allocation__classified_costs') }}
    where allocation_method in ('tag', 'sub_account', 'unallocated')
    union all
    select {{ grain | join(', ') }}, billed_cost, effective_cost
    from {{ ref('int_allocation__kubernetes_costs') }}
    union all
    select {{ grain | join(', ') }}, billed_cost, effective_cost
    from {{ ref('int_allocation__shared_costs') }}
)

select
    {{ grain | join(',\n    ') }},
    {{ money('sum(billed_cost)') }} as billed_cost,
    {{ money('sum(effective_cost)') }} as effective_cost
from allocated
group by {{ grain | join(', ') }}
