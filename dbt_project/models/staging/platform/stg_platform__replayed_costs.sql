select
    state_id,
    x_feed,
    x_export,
    x_billing_period,
    service_provider_name,
    billing_account_id,
    billing_currency,
    charge_category,
    service_name,
    charge_date,
    billed_cost,
    effective_cost
from {{ source('platform', 'replayed_costs') }}
