-- What bills say of the terms of commitments, beside the charges: length, payment, first and last moment.
{#- Days that exist: a text that is no date must not fail the build. -#}
{%- set is_day = '^[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])'
    ~ '|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$' %}
with aws as (
    select
        coalesce(savings_plan_arn, reservation_arn) as commitment_id,
        coalesce(savings_plan_purchase_term, pricing_lease_contract_length) as native_term,
        coalesce(savings_plan_payment_option, pricing_purchase_option) as native_payment,
        substr(coalesce(savings_plan_start_time, reservation_start_time), 1, 10) as term_start,
        substr(coalesce(savings_plan_end_time, reservation_end_time), 1, 10) as term_end
    from {{ ref('stg_aws__line_items') }}
    where savings_plan_arn is not null or reservation_arn is not null
),

azure as (
    select
        coalesce(benefit_id, reservation_id) as commitment_id,
        term as native_term,
        cast(null as text) as native_payment,
        cast(null as text) as term_start,
        cast(null as text) as term_end
    from {{ ref('stg_azure__cost_lines') }}
    where benefit_id is not null or reservation_id is not null
),

collected as (
    select
        commitment_id,
        lower(max(native_term)) as native_term,
        lower(replace(max(native_payment), ' ', '')) as native_payment,
        min(term_start) as term_start,
        max(term_end) as term_end
    from (
        select * from aws
        union all
        select * from azure
    ) as every_line
    group by commitment_id
)

select
    commitment_id,
    case
        when native_term in ('1yr', '1 year', '1year', 'p1y', '12', '12 months') then '1 Year'
        when native_term in ('3yr', '3 years', '3year', 'p3y', '36', '36 months') then '3 Years'
        when native_term in ('5yr', '5 years', 'p5y', '60', '60 months') then '5 Years'
        when native_term in ('p1m', '1', '1 month') then '1 Month'
    end as duration_type,
    case
        when native_payment like 'all%' then 'All Upfront'
        when native_payment like 'partial%' then 'Partial Upfront'
        when native_payment like 'no%' then 'No Upfront'
    end as payment_model,
    case when {{ matches('term_start', is_day) }} then cast(term_start as timestamp) end as term_start,
    case when {{ matches('term_end', is_day) }} then cast(term_end as timestamp) end as term_end
from collected
