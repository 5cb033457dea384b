with parts as (
    select billing_currency, as_of, ds, {{ money('sum(p50)') }} as p50
    from {{ ref('stg_platform__forecasts') }}
    group by billing_currency, as_of, ds
)

select
    totals.billing_currency,
    totals.as_of,
    totals.ds,
    totals.p50,
    totals.p10,
    totals.p90,
    totals.p025,
    totals.p975,
    totals.parts,
    {{ money('totals.p50 - parts.p50') }} as difference_cost
from {{ ref('stg_platform__forecast_totals') }} as totals
left join parts
    on totals.billing_currency = parts.billing_currency
    and totals.as_of = parts.as_of and totals.ds = parts.ds
