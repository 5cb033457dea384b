{#-
    FOCUS 1.4's tie-out: of an issued invoice, lines and charges may differ by max(100, sqrt(charges) / 2) subunits,
    tax left out; and every invoiced charge has its line. A subunit is a hundredth, or the unit where there is none.
-#}
{% test invoice_tie_out(model, charges) %}
with charged as (
    select
        invoice_issuer_name, invoice_id, invoice_detail_id, billing_currency, charge_category,
        sum(billed_cost) as billed_cost, count(*) as charges
    from {{ charges }}
    where invoice_id is not null
    group by invoice_issuer_name, invoice_id, invoice_detail_id, billing_currency, charge_category
),

invoiced as (
    select
        invoice_issuer_name, invoice_id, invoice_detail_id, billing_currency, charge_category,
        sum(billed_cost) as billed_cost, max(invoice_issue_status) as invoice_issue_status
    from {{ model }}
    group by invoice_issuer_name, invoice_id, invoice_detail_id, billing_currency, charge_category
),

compared as (
    select
        charged.*,
        invoiced.invoice_id is null as is_without_line,
        invoiced.invoice_issue_status,
        invoiced.billed_cost - charged.billed_cost as difference,
        case when charged.billing_currency in ('JPY', 'KRW', 'CLP', 'ISK', 'VND') then 1 else 0.01 end as subunit
    from charged
    left join invoiced
        on charged.invoice_issuer_name = invoiced.invoice_issuer_name
        and charged.invoice_id = invoiced.invoice_id
        and charged.invoice_detail_id = invoiced.invoice_detail_id
        and charged.billing_currency = invoiced.billing_currency
        and charged.charge_category = invoiced.charge_category
)

select *
from compared
where is_without_line
    or (
        charge_category <> 'Tax' and invoice_issue_status <> 'Open'
        and abs(difference) > greatest(100 * subunit, sqrt(charges) * 0.5 * subunit)
    )
{% endtest %}
