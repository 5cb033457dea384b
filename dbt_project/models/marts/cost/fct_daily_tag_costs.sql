{%- set dimensions = ['owner', 'product', 'environment'] %}
{%- set place = ['charge_date', 'service_provider_name', 'charge_category', 'billing_currency'] %}
with tagged as (
    select
        cast(charge_period_start as date) as charge_date,
        service_provider_name,
        charge_category,
        billing_currency,
        tags,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_focus_charges') }}
    group by 1, 2, 3, 4, 5
),

told as (
    select
        tagged.*,
        dimensions.owner,
        dimensions.product,
        dimensions.environment
    from tagged
    left join {{ ref('int_allocation__tag_dimensions') }} as dimensions on tagged.tags = dimensions.tags
)
{% for dimension in dimensions %}
select
    {{ place | join(',\n    ') }},
    '{{ dimension }}' as dimension,
    {{ dimension }} as dimension_value,
    {{ money('sum(effective_cost)') }} as effective_cost
from told
group by {{ place | join(', ') }}, {{ dimension }}
{{ 'union all' if not loop.last }}
{%- endfor %}
