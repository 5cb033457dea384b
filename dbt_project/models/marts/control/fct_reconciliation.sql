-- What was landed against what the charges hold, account by account. Azure's billed cost is held against the
-- actual export, its effective cost against the amortised one; an export that stands alone is held against
-- itself.
{%- set partition_key = ['x_feed', 'x_export', 'x_billing_period', 'billing_currency'] %}
{%- set account_key = partition_key + ['billing_account_id', 'sub_account_id'] %}
with totals as (
    select totals.*
    from {{ ref('int_ledger__account_totals') }} as totals
    inner join {{ ref('int_ledger__versions') }} as versions
        on totals.x_feed = versions.x_feed and totals.x_export = versions.x_export
        and totals.x_billing_period = versions.x_billing_period
        and totals.x_landing_id = versions.x_landing_id and versions.version_age = 0
),

charges as (
    select
        x_feed, x_export, x_billed_feed, x_billed_export, x_billing_period, billing_currency,
        billing_account_id, sub_account_id,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_focus_charges') }}
    group by
        x_feed, x_export, x_billed_feed, x_billed_export, x_billing_period, billing_currency,
        billing_account_id, sub_account_id
),

-- Accounts whose amortised export only spreads what their actual export bills.
paired as (
    select distinct x_export, x_billing_period, billing_currency, billing_account_id
    from charges
    where x_feed = 'azure_amortized' and x_billed_feed = 'azure_actual'
),

both_sides as (
    select {{ account_key | join(', ') }}, measure, amount as landed, 0 as explained, 0 as mart
    from totals
    union all
    select {{ ('totals.' ~ account_key | join(', totals.')) }}, 'billed_cost', totals.amount, 0, 0
    from totals
    left join paired
        on totals.x_export = paired.x_export and totals.x_billing_period = paired.x_billing_period
        and totals.billing_currency = paired.billing_currency
        and (totals.billing_account_id = paired.billing_account_id or not totals.is_by_account)
    where totals.x_feed = 'azure_amortized' and paired.x_export is null
    union all
    select
        x_billed_feed, x_billed_export, x_billing_period, billing_currency,
        billing_account_id, sub_account_id,
        'billed_cost', 0, 0, billed_cost
    from charges
    union all
    select {{ account_key | join(', ') }}, 'effective_cost', 0, 0, effective_cost
    from charges
    where x_feed in ('azure_amortized', 'focus')
    union all
    -- What FOCUS takes from the file's own total, line by line in fct_billed_differences. Negations explain
    -- nothing: they cancel out, or the difference shows.
    select {{ account_key | join(', ') }}, 'billed_cost', 0, billed_cost - file_amount, 0
    from {{ ref('int_control__billed_differences') }}
    where rule_name <> 'covered usage is billed zero'
),

-- Partitions that were landed without their accounts are compared as a whole; FOCUS files of old versions
-- have no effective cost to compare.
compared as (
    select distinct {{ partition_key | join(', ') }}, measure, is_by_account from totals
    union all
    select distinct
        x_feed, x_export, x_billing_period, billing_currency, 'billed_cost', is_by_account
    from totals
    where x_feed = 'azure_amortized'
),

grouped as (
    select
        {% for column in partition_key -%}
        both_sides.{{ column }},
        {% endfor -%}
        case when coalesce(compared.is_by_account, true) then both_sides.billing_account_id end
            as billing_account_id,
        case when coalesce(compared.is_by_account, true) then both_sides.sub_account_id end as sub_account_id,
        both_sides.measure,
        both_sides.landed,
        both_sides.explained,
        both_sides.mart
    from both_sides
    left join compared
        on {% for column in partition_key + ['measure'] -%}
        both_sides.{{ column }} = compared.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    where compared.measure is not null or both_sides.measure = 'billed_cost'
)

select
    {{ account_key | join(',\n    ') }},
    measure,
    {{ money('sum(landed)') }} as landed_amount,
    {{ money('sum(explained)') }} as explained_amount,
    {{ money('sum(mart)') }} as mart_amount,
    {{ money('sum(mart) - sum(landed) - sum(explained)') }} as difference
from grouped
group by {{ account_key | join(', ') }}, measure
