-- Google Cloud lines as charges: usage, fees (spread over the usage they cover), and after-the-fact credits.
-- Rules 8, 12, 17, 18, 19 of the normalisation list; named in the unit tests.
{%- set pool = ['x_feed', 'x_export', 'x_billing_period', 'billing_account_id', 'currency', 'charge_date'] %}
with lines as (
    select * from {{ ref('int_gcp__lines') }}
),

covered as (
    select * from {{ ref('int_gcp__covered_usage') }}
),

covered_pools as (
    select distinct {{ pool | join(', ') }} from covered
),

charged as (
    select
        lines.*,
        'charge' as part,
        case when lines.is_covered then 'Used' end as commitment_status,
        case
            when lines.is_fee then coalesce(lines.resource_name, lines.sku_id)
            when lines.is_covered then lines.credit_commitment_id
        end as commitment_id,
        {{ money('case when lines.is_fee then 0 else lines.billed_cost + coalesce(fee_share, 0) end') }}
            as effective_cost,
        lines.sku_description as description
    from lines
    left join covered
        on {% for column in pool + ['x_source_file', 'x_source_row_number'] -%}
        lines.{{ column }} = covered.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
),

-- A fee on a day without covered usage was paid for nothing.
unused as (
    select
        lines.*,
        'unused' as part,
        'Unused' as commitment_status,
        coalesce(lines.resource_name, lines.sku_id) as commitment_id,
        lines.billed_cost as effective_cost,
        lines.sku_description as description
    from lines
    left join covered_pools
        on {% for column in pool -%}
        lines.{{ column }} = covered_pools.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    where lines.is_fee and lines.billed_cost > 0 and covered_pools.x_feed is null
),

credits as (
    {{ gcp_credit_rows('lines') }}
)

{% set kept = [
    'billing_account_id', 'service_description', 'service_id', 'sku_id', 'sku_description',
    'usage_start_time',
    'usage_end_time', 'project_id', 'project_name', 'project_labels', 'labels', 'system_labels', 'tags',
    'location_location', 'location_region', 'location_zone', 'resource_name', 'resource_global_name',
    'currency',
    'currency_conversion_rate', 'usage_amount', 'usage_unit', 'usage_amount_in_pricing_units',
    'usage_pricing_unit',
    'invoice_month', 'price_effective_price', 'price_list_price', 'price_tier_start_amount', 'seller_name',
    'is_fee', 'x_feed', 'x_export', 'x_billing_period', 'x_landing_id', 'x_source_file', 'x_source_row_number'
] %}
select
    {{ kept | join(', ') }},
    part, charge_category, commitment_status, commitment_id, description, billed_cost, effective_cost,
    list_cost,
    contracted_cost
from charged
union all
select
    {{ kept | join(', ') }},
    part, 'Usage', commitment_status, commitment_id, description,
    {{ money(0) }}, effective_cost, {{ money(0) }}, {{ money(0) }}
from unused
union all
select
    {{ kept | join(', ') }},
    'credit ' || cast(credit_position as text), 'Credit', null, null, credit_name,
    {{ (['credit_amount'] * 4) | join(', ') }}
from credits
where
    credit_kind is null
    or not (
        {{ matches('credit_kind', gcp_commitment_kinds()) }}
        or {{ matches('credit_kind', gcp_discount_kinds()) }}
    )
