-- What the day's commitment fees cost each covered line, in proportion to the credit that covered it.
-- Exact: the line with the largest credit takes what cutting after 12 decimals leaves.
{%- set pool = 'x_feed, x_export, x_billing_period, billing_account_id, currency, charge_date' %}
with fees as (
    select {{ pool }}, sum(billed_cost) as fee
    from {{ ref('int_gcp__lines') }}
    where is_fee
    group by {{ pool }}
),

covered as (
    select
        {{ pool }}, x_source_file, x_source_row_number,
        -commitment_credit as weight,
        sum(-commitment_credit) over (partition by {{ pool }}) as pool_weight
    from {{ ref('int_gcp__lines') }}
    where is_covered
),

shares as (
    select
        covered.*,
        fees.fee,
        {{ money('fees.fee * ' ~ exact_ratio('covered.weight', 'covered.pool_weight')) }} as share
    from covered
    inner join fees
        on covered.x_feed = fees.x_feed and covered.x_export = fees.x_export
        and covered.x_billing_period = fees.x_billing_period
        and covered.billing_account_id = fees.billing_account_id
        and covered.currency = fees.currency and covered.charge_date = fees.charge_date
)

select
    {{ pool }},
    x_source_file,
    x_source_row_number,
    {{ money(with_residual('share', 'fee', pool, 'weight desc, x_source_row_number, x_source_file')) }}
        as fee_share
from shares
