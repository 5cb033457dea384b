-- A bill without a payer is its accounts' own; what was landed without accounts has its totals only.
select
    feed as x_feed,
    export as x_export,
    billing_period as x_billing_period,
    landing_id as x_landing_id,
    true as is_by_account,
    coalesce(account, sub_account, 'unknown') as billing_account_id,
    sub_account as sub_account_id,
    measure,
    currency as billing_currency,
    amount
from {{ source('raw', 'account_totals') }}
union all
select
    totals.feed,
    totals.export,
    totals.billing_period,
    totals.landing_id,
    false,
    cast(null as text),
    cast(null as text),
    totals.measure,
    totals.currency,
    totals.amount
from {{ source('raw', 'control_totals') }} as totals
left join (
    select distinct feed, export, billing_period, landing_id
    from {{ source('raw', 'account_totals') }}
) as known
    on totals.feed = known.feed and totals.export = known.export
    and totals.billing_period = known.billing_period and totals.landing_id = known.landing_id
where known.feed is null and totals.measure is not null and totals.currency is not null
