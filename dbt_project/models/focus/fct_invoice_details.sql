-- Lines of invoices, as the charges make them: no bill repeats the invoice document, so what only that says (dates,
-- terms, payment currency, purchase order) is null. Lines of 0 are kept; charges without an invoice have none.
{%- set line_key = [
    'invoice_issuer_name', 'invoice_id', 'invoice_detail_id', 'billing_account_id', 'billing_currency',
    'billing_period_start', 'charge_category'
] %}
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
        {{ line_key | join(', ') }}, x_feed, x_export, x_billing_period,
        max(billing_period_end) as billing_period_end,
        sum(billed_cost) as billed_cost,
        count(*) as charges
    from {{ ref('fct_focus_charges') }}
    where invoice_id is not null
    group by {{ line_key | join(', ') }}, x_feed, x_export, x_billing_period
),

lines as (
    select
        {% for column in line_key -%}
        charged.{{ column }},
        {% endfor -%}
        max(charged.billing_period_end) as billing_period_end,
        {{ money('sum(charged.billed_cost)') }} as billed_cost,
        sum(charged.charges) as charges,
        min(landed.first_received_at) as invoice_detail_created,
        max(landed.last_received_at) as invoice_detail_last_updated,
        count(case when landed.period_status = 'preliminary' then 1 end) as open_months
    from charged
    inner join landed
        on charged.x_feed = landed.x_feed and charged.x_export = landed.x_export
        and charged.x_billing_period = landed.x_billing_period
    group by {% for column in line_key %}charged.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
)

select
    billed_cost,
    billing_account_id,
    billing_currency,
    billing_period_end,
    billing_period_start,
    charge_category,
    invoice_detail_created,
    cast(null as text) as invoice_detail_description,
    cast(null as text) as invoice_detail_grain,
    invoice_detail_id,
    invoice_detail_last_updated,
    invoice_id,
    cast(null as timestamp) as invoice_issue_date,
    case when open_months > 0 then 'Open' else 'Issued' end as invoice_issue_status,
    invoice_issuer_name,
    cast(null as text) as payment_currency,
    cast(null as numeric(38, 12)) as payment_currency_billed_cost,
    cast(null as text) as payment_currency_invoice_detail_id,
    cast(null as timestamp) as payment_due_date,
    cast(null as text) as payment_terms,
    cast(null as text) as purchase_order_number,
    -- No bill says which invoice another one adjusts; FOCUS then asks for the invoice's own id.
    invoice_id as reference_invoice_id,
    cast(charges as bigint) as x_charges
from lines
