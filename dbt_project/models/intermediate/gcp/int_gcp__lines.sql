-- Google Cloud lines with the credits that discount them in the row; other credits stay to be exploded.
with classified as (
    select
        lines.*,
        case
            when cost_type = 'tax' then 'Tax'
            when coalesce(cost_type, 'regular') <> 'regular' then 'Adjustment'
            when {{ matches('sku_description', '^Commitment') }} then 'Purchase'
            else 'Usage'
        end as charge_category,
        coalesce(cost_type, 'regular') = 'regular' and {{ matches('sku_description', '^Commitment') }}
            as is_commitment_fee,
        {{ gcp_credit_sum('credits', gcp_commitment_kinds()) }} as commitment_credit,
        {{ gcp_credit_sum('credits', gcp_discount_kinds()) }} as discount_credit,
        {{ gcp_credit_id('credits', gcp_commitment_kinds()) }} as credit_commitment_id
    from {{ ref('stg_gcp__usage_lines') }} as lines
)

select
    classified.*,
    {{ money('cost + discount_credit + commitment_credit') }} as billed_cost,
    {{ money('cost + discount_credit') }} as contracted_cost,
    coalesce(cost_at_list, cost) as list_cost,
    coalesce(is_commitment_fee, false) as is_fee,
    charge_category = 'Usage' and commitment_credit < 0 as is_covered,
    cast(usage_start_time as date) as charge_date
from classified
