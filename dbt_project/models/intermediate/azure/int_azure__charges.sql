-- Azure lines as charges, each counted once although it may stand in two exports.
-- Rules 9, 10, 20 of the normalisation list; named in the unit tests.
with paired as (
    select
        lines.*,
        exports.actual_export,
        coalesce(exports.actual_export is not null and exports.amortized_export is not null, false)
            as is_paired,
        lines.x_feed = 'azure_amortized' as is_amortized,
        cast(coalesce(lines.billing_period_start_date, {{ period_start('lines.x_billing_period') }}) as date)
            as period_start_date,
        lines.charge_type_key in ('purchase', 'refund') and lines.is_commitment as is_commitment_purchase
    from {{ ref('int_azure__lines') }} as lines
    left join {{ ref('int_azure__account_exports') }} as exports
        on lines.billing_account_key = exports.billing_account_key
        and lines.x_billing_period = exports.x_billing_period
)

select
    paired.*,
    case
        when charge_type_key = 'purchase' then 'Purchase'
        when charge_type_key = 'tax' then 'Tax'
        when charge_type_key = 'credit' then 'Credit'
        when charge_type_key in ('roundingadjustment', 'adjustment') then 'Adjustment'
        -- A refund is of what is refunded: of a commitment or of anything bought, or of usage. What recurs is
        -- Recurring in exports, Monthly in the API's usage details.
        when charge_type_key = 'refund'
            and (is_commitment or lower(frequency) in ('onetime', 'recurring', 'monthly')) then 'Purchase'
        else 'Usage'
    end as charge_category,
    case
        when
            charge_type_key = 'refund'
            and (
                date < period_start_date
                or service_period_end_date < period_start_date
                or (previous_invoice_id is not null and previous_invoice_id <> coalesce(invoice_id, ''))
            )
            then 'Correction'
    end as charge_class,
    case
        when is_commitment_purchase or not coalesce(is_commitment, false) then null
        when charge_type_key in ('unusedreservation', 'unusedsavingsplan') then 'Unused'
        else 'Used'
    end as commitment_status,
    {{ money('case when is_paired and is_amortized and is_commitment then 0 else cost end') }} as billed_cost,
    {{ money('case when is_paired and not is_amortized then 0 else cost end') }} as effective_cost,
    case when is_paired and is_amortized then 'azure_actual' else x_feed end as billed_feed,
    case when is_paired and is_amortized then actual_export else x_export end as billed_export,
    case
        when charge_type_key not in (
            'usage', 'unusedreservation', 'unusedsavingsplan', 'purchase', 'refund', 'tax', 'credit',
            'roundingadjustment', 'adjustment'
        ) then 'unknown charge type ' || charge_type || ', taken for usage'
        when is_paired then null
        when is_amortized then 'amortised export alone: purchases are billed as they are spread over usage'
        else 'actual export alone: purchases are not spread over the usage they cover'
    end as conformance_note
from paired
-- Everything is in the amortised export, except what it spreads: purchases of commitments and their refunds.
where not is_paired or is_amortized or is_commitment_purchase
