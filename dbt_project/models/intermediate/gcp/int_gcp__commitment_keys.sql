-- Fees and covered usage, once per key by which they may find each other; the lower its level, the surer.
with lines as (
    select
        *,
        cost + discount_credit + commitment_credit as fee,
        case
            when is_fee then fee_commitment_id
            else coalesce(subscription_instance_id, credit_commitment_id)
        end as named_commitment_id,
        case when is_fee then originating_sku_id else sku_id end as named_sku_id,
        -- Google names the SKU that used a fee, so where it names any, a fee without one was not used.
        is_fee and originating_sku_id is null and count(originating_sku_id) over (
            partition by x_feed, x_export, x_billing_period, billing_account_id, is_fee, fee_commitment_id
        ) > 0 as is_known_unused
    from {{ ref('int_gcp__lines') }}
    where is_fee or is_covered
),

leveled as (
    select
        lines.*,
        levels.pool_level,
        case levels.pool_level
            when 1 then 'commitment ' || named_commitment_id
            when 2 then 'sku ' || named_sku_id
            when 3 then 'kind ' || commitment_kind || ' in ' || location_region
            when 4 then 'kind ' || commitment_kind
            when 5 then case when is_covered or commitment_kind = 'other' then 'any' else 'kind other' end
        end as pool_key
    from lines
    cross join (values (1), (2), (3), (4), (5)) as levels (pool_level)
)

select
    x_feed, x_export, x_billing_period, billing_account_id, currency, charge_date, commitment_shape,
    x_source_file, x_source_row_number, is_fee, is_covered, covered_cost, fee_commitment_id, commitment_kind,
    pool_level,
    case when not is_known_unused then pool_key end as pool_key,
    {{ money('fee') }} as fee,
    {{ money("case when commitment_shape = 'model' then -offset_credit else fee end") }} as spread
from leveled
where pool_key is not null or is_known_unused or (is_fee and pool_level = 4)
