-- What a commitment cost, what of it was used, and what it saved, by the days on which it was used or not.
with used as (
    select
        cast(date_trunc('month', charge_period_start) as date) as charge_month,
        service_provider_name,
        commitment_discount_id,
        billing_currency,
        max(commitment_discount_category) as commitment_discount_category,
        max(commitment_discount_type) as commitment_discount_type,
        sum(case when commitment_discount_status = 'Used' then effective_cost else 0 end) as used_cost,
        sum(case when commitment_discount_status = 'Unused' then effective_cost else 0 end) as unused_cost,
        sum(case when commitment_discount_status = 'Used' then contracted_cost else 0 end) as contracted_cost
    from {{ ref('fct_focus_charges') }}
    where commitment_discount_status is not null
    group by
        cast(date_trunc('month', charge_period_start) as date), service_provider_name,
        commitment_discount_id, billing_currency
)

select
    charge_month,
    service_provider_name,
    commitment_discount_id,
    commitment_discount_category,
    commitment_discount_type,
    billing_currency,
    {{ money('used_cost') }} as used_cost,
    {{ money('unused_cost') }} as unused_cost,
    {{ money('used_cost + unused_cost') }} as effective_cost,
    {{ money('contracted_cost') }} as contracted_cost,
    {{ money('contracted_cost - used_cost - unused_cost') }} as saved_cost,
    {{ exact_ratio('used_cost', 'used_cost + unused_cost') }} as used_share
from used
