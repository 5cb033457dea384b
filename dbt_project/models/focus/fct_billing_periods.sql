-- Periods of the charges. A period is closed for an issuer when every landed month that its charges come from is.
with landed as (
    select
        x_feed, x_export, x_billing_period,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        max(case when version_age = 0 then version_status end) as period_status
    from {{ ref('int_ledger__versions') }}
    group by x_feed, x_export, x_billing_period
),

charged as (
    select
        invoice_issuer_name, billing_period_start, x_feed, x_export, x_billing_period,
        max(billing_period_end) as billing_period_end
    from {{ ref('fct_focus_charges') }}
    group by invoice_issuer_name, billing_period_start, x_feed, x_export, x_billing_period
),

periods as (
    select
        charged.invoice_issuer_name,
        charged.billing_period_start,
        max(charged.billing_period_end) as billing_period_end,
        min(landed.first_received_at) as billing_period_created,
        max(landed.last_received_at) as billing_period_last_updated,
        count(case when landed.period_status = 'preliminary' then 1 end) as open_months,
        count(case when landed.period_status = 'restated' then 1 end) as restated_months
    from charged
    inner join landed
        on charged.x_feed = landed.x_feed and charged.x_export = landed.x_export
        and charged.x_billing_period = landed.x_billing_period
    group by charged.invoice_issuer_name, charged.billing_period_start
)

select
    billing_period_created,
    billing_period_end,
    billing_period_last_updated,
    billing_period_start,
    case when open_months > 0 then 'Open' else 'Closed' end as billing_period_status,
    invoice_issuer_name,
    case
        when open_months > 0 then 'preliminary'
        when restated_months > 0 then 'restated'
        else 'final'
    end as x_period_status
from periods
