-- Landed totals under the name of the FOCUS cost that they are to equal; other measures are left out. OCI and
-- Kubernetes keep theirs by what charges do not call an account: they are compared as a whole.
select
    totals.x_feed,
    totals.x_export,
    totals.x_billing_period,
    totals.x_landing_id,
    totals.is_by_account and totals.x_feed not in ('oci_cost', 'kubernetes_opencost') as is_by_account,
    case
        when totals.x_feed not in ('oci_cost', 'kubernetes_opencost') then totals.billing_account_id
    end as billing_account_id,
    case
        when totals.x_feed not in ('oci_cost', 'kubernetes_opencost') then totals.sub_account_id
    end as sub_account_id,
    totals.billing_currency,
    case
        when totals.x_feed = 'azure_amortized' or totals.measure = 'effective_cost' then 'effective_cost'
        else 'billed_cost'
    end as measure,
    {{ money('sum(totals.amount)') }} as amount
from {{ ref('stg_landing__account_totals') }} as totals
where
    (totals.x_feed in ('aws_cur_legacy', 'aws_cur2') and totals.measure = 'unblended_cost')
    or (totals.x_feed = 'oci_cost' and totals.measure = 'my_cost')
    or (
        totals.x_feed = 'kubernetes_opencost' and totals.measure = 'total_cost'
        and totals.x_export in (select x_export from {{ ref('kubernetes_bills_of_record') }})
    )
    or (totals.x_feed in ('azure_actual', 'azure_amortized') and totals.measure = 'cost')
    or (totals.x_feed in ('gcp_standard', 'gcp_detailed') and totals.measure in ('cost', 'credits'))
    or (totals.x_feed = 'focus' and totals.measure in ('billed_cost', 'effective_cost'))
group by 1, 2, 3, 4, 5, 6, 7, 8, 9
