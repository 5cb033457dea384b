-- What was landed against what the charges hold. Azure's billed cost is held against the actual export, its
-- effective cost against the amortised one; an export that stands alone is held against itself.
with landed as (
    select
        x_feed,
        x_export,
        x_billing_period,
        billing_currency,
        {{ money('sum(amount)') }} as amount
    from {{ ref('stg_landing__control_totals') }}
    where
        (x_feed in ('aws_cur_legacy', 'aws_cur2') and measure = 'unblended_cost')
        or (x_feed = 'oci_cost' and measure = 'my_cost')
        or (x_feed = 'kubernetes_opencost' and measure = 'total_cost'
            and x_export in (select x_export from {{ ref('kubernetes_bills_of_record') }}))
        or (x_feed in ('azure_actual', 'azure_amortized') and measure = 'cost')
        or (x_feed in ('gcp_standard', 'gcp_detailed') and measure in ('cost', 'credits'))
        or (x_feed = 'focus' and measure = 'billed_cost')
    group by x_feed, x_export, x_billing_period, billing_currency
),

-- What FOCUS takes from the file's own total, line by line in fct_billed_differences. Negations explain
-- nothing: they cancel out, or the difference shows.
explained as (
    select
        x_feed, x_export, x_billing_period, billing_currency, 'billed_cost' as measure,
        sum(billed_cost - file_amount) as amount
    from {{ ref('int_control__billed_differences') }}
    where rule_name <> 'covered usage is billed zero'
    group by x_feed, x_export, x_billing_period, billing_currency
),

charges as (
    select
        x_feed, x_export, x_billed_feed, x_billed_export, x_billing_period, billing_currency,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from {{ ref('fct_focus_charges') }}
    group by x_feed, x_export, x_billed_feed, x_billed_export, x_billing_period, billing_currency
),

paired_amortized as (
    select distinct x_export, x_billing_period, billing_currency
    from charges
    where x_feed = 'azure_amortized' and x_billed_feed = 'azure_actual'
),

conformed as (
    select
        x_billed_feed as x_feed, x_billed_export as x_export, x_billing_period, billing_currency,
        'billed_cost' as measure, {{ money('sum(billed_cost)') }} as amount
    from charges
    group by x_billed_feed, x_billed_export, x_billing_period, billing_currency
    union all
    select
        x_feed, x_export, x_billing_period, billing_currency,
        'effective_cost', {{ money('sum(effective_cost)') }}
    from charges
    where x_feed = 'azure_amortized'
    group by x_feed, x_export, x_billing_period, billing_currency
),

expected as (
    select landed.*, 'billed_cost' as measure
    from landed
    left join paired_amortized
        on landed.x_feed = 'azure_amortized' and landed.x_export = paired_amortized.x_export
        and landed.x_billing_period = paired_amortized.x_billing_period
        and landed.billing_currency = paired_amortized.billing_currency
    where paired_amortized.x_export is null
    union all
    select landed.*, 'effective_cost'
    from landed
    where x_feed = 'azure_amortized'
)

select
    coalesce(expected.x_feed, conformed.x_feed) as x_feed,
    coalesce(expected.x_export, conformed.x_export) as x_export,
    coalesce(expected.x_billing_period, conformed.x_billing_period) as x_billing_period,
    coalesce(expected.billing_currency, conformed.billing_currency) as billing_currency,
    coalesce(expected.measure, conformed.measure) as measure,
    {{ money('coalesce(expected.amount, 0)') }} as landed_amount,
    {{ money('coalesce(explained.amount, 0)') }} as explained_amount,
    {{ money('coalesce(conformed.amount, 0)') }} as mart_amount,
    {{ money('coalesce(conformed.amount, 0) - coalesce(expected.amount, 0)'
        ~ ' - coalesce(explained.amount, 0)') }} as difference
from expected
full outer join conformed
    on expected.x_feed = conformed.x_feed
    and expected.x_export = conformed.x_export
    and expected.x_billing_period = conformed.x_billing_period
    and expected.billing_currency = conformed.billing_currency
    and expected.measure = conformed.measure
left join explained
    on expected.x_feed = explained.x_feed
    and expected.x_export = explained.x_export
    and expected.x_billing_period = explained.x_billing_period
    and expected.billing_currency = explained.billing_currency
    and expected.measure = explained.measure
