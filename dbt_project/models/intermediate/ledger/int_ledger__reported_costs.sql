-- Sums of the charges by day of every state that was ever built: the present ones are written anew by each
-- build, those of the past stay. A full refresh must not forget them: the lake forgets old versions one day.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='state_id',
    full_refresh=false,
    on_schema_change='append_new_columns',
) }}
select
    states.state_id,
    charges.x_feed,
    charges.x_export,
    charges.x_billing_period,
    charges.service_provider_name,
    charges.billing_account_id,
    charges.billing_currency,
    charges.charge_category,
    charges.service_name,
    cast(charges.charge_period_start as date) as charge_date,
    {{ money('sum(charges.billed_cost)') }} as billed_cost,
    {{ money('sum(charges.effective_cost)') }} as effective_cost
from {{ ref('fct_focus_charges') }} as charges
inner join {{ ref('int_ledger__reported_states') }} as states
    on charges.x_feed = states.x_feed and charges.x_export = states.x_export
    and charges.x_billing_period = states.x_billing_period and states.reported_until is null
group by
    states.state_id, charges.x_feed, charges.x_export, charges.x_billing_period,
    charges.service_provider_name, charges.billing_account_id, charges.billing_currency,
    charges.charge_category, charges.service_name, cast(charges.charge_period_start as date)
