-- What is staged, by the category that the bill's own words give it: the other side of the books. It is
-- stated once more on purpose, from the staged lines alone, and knows nothing of how charges are made.
{%- set key = 'x_feed, x_export, x_billing_period, billing_currency, billing_account_id, charge_category' %}
with aws as (
    select
        x_feed, x_export, x_billing_period, line_item_currency_code as billing_currency,
        coalesce(bill_payer_account_id, line_item_usage_account_id, 'unknown') as billing_account_id,
        case
            when line_item_type in (
                'Fee', 'FlatRateSubscription', 'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee'
            ) then 'Purchase'
            when line_item_type = 'Tax' or (line_item_type = 'Refund' and line_item_tax_type is not null)
                then 'Tax'
            when line_item_type = 'Refund' and coalesce(savings_plan_arn, reservation_arn) is not null
                then 'Purchase'
            when line_item_type = 'Credit' or line_item_type like '%Discount' then 'Credit'
            else 'Usage'
        end as charge_category,
        case
            when {{ is_invoiced_by_seller() }} then 0
            else coalesce(line_item_net_unblended_cost, line_item_unblended_cost)
        end as amount
    from {{ ref('stg_aws__line_items') }}
),

azure_lines as (
    select *, {{ azure_billing_account() }} as billing_account_key
    from {{ ref('stg_azure__cost_lines') }}
),

-- An amortised export only counts where it stands alone: the actual one bills.
azure as (
    select
        lines.x_feed, lines.x_export, lines.x_billing_period, lines.billing_currency,
        lines.billing_account_key as billing_account_id,
        case lower(replace(lines.charge_type, ' ', ''))
            when 'purchase' then 'Purchase'
            when 'tax' then 'Tax'
            when 'credit' then 'Credit'
            when 'adjustment' then 'Adjustment'
            when 'roundingadjustment' then 'Adjustment'
            when 'refund' then
                case
                    when lower(replace(lines.pricing_model, ' ', '')) in ('reservation', 'savingsplan')
                        or lower(lines.frequency) in ('onetime', 'recurring', 'monthly')
                        then 'Purchase'
                    else 'Usage'
                end
            else 'Usage'
        end as charge_category,
        lines.cost as amount
    from azure_lines as lines
    left join {{ ref('int_azure__account_exports') }} as exports
        on lines.billing_account_key = exports.billing_account_key
        and lines.x_billing_period = exports.x_billing_period
        and exports.actual_export is not null and exports.amortized_export is not null
    where lines.x_feed = 'azure_actual' or exports.billing_account_key is null
),

-- A commitment's fee takes several columns to tell: Google's lines keep the category they were given.
gcp as (
    select
        x_feed, x_export, x_billing_period, currency as billing_currency, billing_account_id,
        charge_category as line_category,
        cost,
        {{ gcp_credit_sum('credits', gcp_kinds_in_the_row()) }} as priced_credits,
        {{ gcp_credit_sum('credits', '') }} as all_credits
    from {{ ref('int_gcp__lines') }}
),

-- The price of covered usage that a fee is credited with: FOCUS has the fee pay it.
gcp_offsets as (
    select
        x_feed, x_export, x_billing_period, currency as billing_currency, billing_account_id,
        spread as amount
    from {{ ref('int_gcp__fees') }}
    where commitment_shape = 'model' and pool_key is not null
),

focus as (
    select
        x_feed, x_export, x_billing_period, billing_currency, billing_account_id,
        case lower(charge_category)
            when 'usage' then 'Usage'
            when 'refund' then 'Usage'
            when 'purchase' then 'Purchase'
            when 'tax' then 'Tax'
            when 'credit' then 'Credit'
            else 'Adjustment'
        end as charge_category,
        billed_cost as amount
    from {{ ref('stg_focus__charges') }}
),

every_line as (
    select {{ key }}, amount from aws
    union all
    select {{ key }}, amount from azure
    union all
    select {{ key | replace('charge_category', 'line_category') }}, cost + priced_credits from gcp
    union all
    select {{ key | replace('charge_category', "'Credit'") }}, all_credits - priced_credits from gcp
    union all
    select {{ key | replace('charge_category', "'Purchase'") }}, amount from gcp_offsets
    union all
    select {{ key | replace('charge_category', "'Usage'") }}, -amount from gcp_offsets
    union all
    select {{ key }}, amount from focus
)

select
    {{ key }},
    {{ money('sum(amount)') }} as amount
from every_line
group by {{ key }}
