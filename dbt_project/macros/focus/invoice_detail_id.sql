{#- The line of an invoice that a charge belongs to: the bill's own, else one per invoice, account and category. -#}
{% macro invoice_detail_id() -%}
    case
        when charges.invoice_id is null then null
        else coalesce(charges.invoice_detail_id, md5(
            charges.invoice_issuer_name || '|' || charges.invoice_id || '|' || charges.billing_account_id || '|'
            || charges.billing_currency || '|' || charges.x_billing_period || '|' || charges.charge_category
        ))
    end
{%- endmacro %}
