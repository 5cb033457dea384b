-- Commitments that charges name. Bills tell of their use, seldom of their terms: what none tells is null.
with ranked as (
    select
        charges.*,
        row_number() over (
            partition by service_provider_name, commitment_discount_id
            order by charge_period_start desc, x_charge_id
        ) as newest
    from {{ ref('fct_focus_charges') }} as charges
    where commitment_discount_id is not null
),

used as (
    select
        service_provider_name,
        commitment_discount_id,
        max(case when newest = 1 then billing_currency end) as billing_currency,
        max(case when newest = 1 then pricing_currency end) as pricing_currency,
        max(case when newest = 1 then invoice_issuer_name end) as invoice_issuer_name,
        max(commitment_discount_category) as category,
        max(commitment_discount_type) as commitment_type,
        max(commitment_discount_unit) as unit,
        max(coalesce(
            commitment_discount_name, case when charge_category = 'Purchase' then charge_description end
        )) as description,
        max(case when charge_category = 'Purchase' then charge_frequency end) as purchase_frequency,
        min(charge_period_start) as first_charge,
        max(charge_period_end) as last_charge
    from ranked
    group by service_provider_name, commitment_discount_id
),

landed as (
    select
        charges.service_provider_name,
        charges.commitment_discount_id,
        min(versions.received_at) as first_received_at,
        max(versions.received_at) as last_received_at
    from (
        select distinct service_provider_name, commitment_discount_id, x_feed, x_export, x_billing_period
        from ranked
    ) as charges
    inner join {{ ref('int_ledger__versions') }} as versions
        on charges.x_feed = versions.x_feed and charges.x_export = versions.x_export
        and charges.x_billing_period = versions.x_billing_period
    group by charges.service_provider_name, charges.commitment_discount_id
)

select
    used.billing_currency,
    cast(null as text) as contract_commitment_applicability,
    'Discount' as contract_commitment_benefit_category,
    used.category as contract_commitment_category,
    cast(null as numeric(38, 12)) as contract_commitment_cost,
    landed.first_received_at as contract_commitment_created,
    used.description as contract_commitment_description,
    cast(null as numeric(38, 12)) as contract_commitment_discount_percentage,
    terms.duration_type as contract_commitment_duration_type,
    cast(null as text) as contract_commitment_fulfillment_interval,
    used.commitment_discount_id as contract_commitment_id,
    landed.last_received_at as contract_commitment_last_updated,
    case
        when terms.term_start > {{ as_of_now() }} then 'Pending'
        when terms.term_end <= {{ as_of_now() }} then 'Expired'
        when terms.term_end is not null then 'Active'
    end as contract_commitment_lifecycle_status,
    -- Reservations, savings plans and committed use are forfeited interval by interval.
    'Continuous' as contract_commitment_model,
    cast(null as text) as contract_commitment_offer_category,
    case
        when terms.payment_model = 'All Upfront' or used.purchase_frequency = 'One-Time' then 'One-Time'
        when terms.payment_model is not null or used.purchase_frequency = 'Recurring' then 'Monthly'
    end as contract_commitment_payment_interval,
    terms.payment_model as contract_commitment_payment_model,
    cast(case terms.payment_model when 'All Upfront' then 100 when 'No Upfront' then 0 end as numeric(38, 12))
        as contract_commitment_payment_upfront_percentage,
    terms.term_end as contract_commitment_period_end,
    terms.term_start as contract_commitment_period_start,
    cast(null as numeric(38, 12)) as contract_commitment_quantity,
    used.commitment_type as contract_commitment_type,
    used.unit as contract_commitment_unit,
    -- Bills name no contract above the commitment: it is its own.
    used.commitment_discount_id as contract_id,
    terms.term_end as contract_period_end,
    terms.term_start as contract_period_start,
    used.invoice_issuer_name,
    used.pricing_currency,
    cast(null as numeric(38, 12)) as pricing_currency_contract_commitment_cost,
    used.service_provider_name,
    used.first_charge as x_first_charge,
    used.last_charge as x_last_charge
from used
inner join landed
    on used.service_provider_name = landed.service_provider_name
    and used.commitment_discount_id = landed.commitment_discount_id
left join {{ ref('int_commitments__terms') }} as terms on used.commitment_discount_id = terms.commitment_id
