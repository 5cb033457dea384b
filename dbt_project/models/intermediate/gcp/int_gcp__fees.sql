-- Each line of a commitment's fee: how much of it is spread over the usage that it covers, and in which pool.
-- A pool is a day's covered usage of one kind. The most telling key decides: the commitment that the usage
-- names, the SKU that the fee names, the kind of commitment in a region, its kind. A fee whose pool is empty
-- was unused.
{%- set day = ['x_feed', 'x_export', 'x_billing_period', 'billing_account_id', 'currency', 'charge_date',
    'commitment_shape'] %}
with keyed as (
    select * from {{ ref('int_gcp__commitment_keys') }}
),

pools as (
    select {{ day | join(', ') }}, pool_key
    from keyed
    where is_covered
    group by {{ day | join(', ') }}, pool_key
    having sum(covered_cost) > 0
),

fees as (
    select
        keyed.*,
        pools.pool_key is not null and spread > 0 as is_placed,
        row_number() over (
            partition by
                keyed.x_feed, keyed.x_export, keyed.x_billing_period, x_source_file, x_source_row_number
            order by case when pools.pool_key is null then 1 else 0 end, pool_level
        ) as choice
    from keyed
    left join pools
        on {% for column in day + ['pool_key'] -%}
        keyed.{{ column }} = pools.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    where keyed.is_fee
)

select
    {{ day | join(', ') }}, x_source_file, x_source_row_number,
    fee_commitment_id as commitment_id,
    commitment_kind,
    case when is_placed then pool_key end as pool_key,
    {{ money('case when is_placed then spread else 0 end') }} as spread,
    -- What of the fee the invoice asks for: an offset whose usage is in no pool stays with the fee.
    {{ money("case when is_placed or commitment_shape = 'credit' then fee else fee - spread end") }}
        as billed_cost,
    {{ money("case when is_placed or commitment_shape = 'model' then fee - spread else fee end") }}
        as unused_cost
from fees
where choice = 1
