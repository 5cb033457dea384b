with sums as (
    select level, service_provider_name, billing_currency, as_of, ds, sum(p50) as p50
    from {{ ref('stg_platform__forecast_parts') }}
    group by level, service_provider_name, billing_currency, as_of, ds
)

select
    parts.level,
    parts.member,
    parts.series_id,
    parts.service_provider_name,
    parts.billing_currency,
    parts.as_of,
    parts.model,
    parts.ds,
    parts.p50,
    parts.p10,
    parts.p90,
    parts.p025,
    parts.p975,
    {{ money('sums.p50 - wholes.p50') }} as difference_cost
from {{ ref('stg_platform__forecast_parts') }} as parts
inner join sums
    on parts.level = sums.level and parts.service_provider_name = sums.service_provider_name
    and parts.billing_currency = sums.billing_currency and parts.as_of = sums.as_of and parts.ds = sums.ds
left join {{ ref('stg_platform__forecasts') }} as wholes
    on parts.service_provider_name = wholes.service_provider_name
    and parts.billing_currency = wholes.billing_currency
    and parts.as_of = wholes.as_of and parts.ds = wholes.ds
