{%- set key = 'x_feed, x_export, x_billing_period, billing_currency, billing_account_id, charge_category' %}
with staged as (
    select * from {{ ref('int_ledger__staged_categories') }}
),

exports as (
    select distinct x_feed, x_export, x_billing_period
    from staged
),

both_sides as (
    select {{ key }}, amount as staged, 0 as mart
    from staged
    union all
    select
        exports.x_feed, exports.x_export, exports.x_billing_period, charges.billing_currency,
        charges.billing_account_id, charges.charge_category, 0, charges.billed_cost
    from {{ ref('fct_focus_charges') }} as charges
    inner join exports
        on charges.x_billed_feed = exports.x_feed and charges.x_billed_export = exports.x_export
        and charges.x_billing_period = exports.x_billing_period
)

select
    {{ key.split(', ') | join(',\n    ') }},
    {{ money('sum(staged)') }} as staged_amount,
    {{ money('sum(mart)') }} as mart_amount,
    {{ money('sum(mart) - sum(staged)') }} as difference
from both_sides
group by {{ key }}
