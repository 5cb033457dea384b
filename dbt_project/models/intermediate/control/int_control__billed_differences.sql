-- Lines whose billed cost FOCUS wants to differ from the amount in the file, by the rule that asks for it.
{%- set line = ['x_feed', 'x_export', 'x_billing_period', 'x_source_file', 'x_source_row_number'] %}
with judged as (
    select
        lines.*,
        case
            when {{ aws_line_type() }} in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
                then 'covered usage is billed zero'
            when {{ is_invoiced_by_seller() }} then 'another entity invoices'
            when line_item_net_unblended_cost is not null then 'private rates'
        end as rule_name,
        line_item_unblended_cost as file_amount
    from {{ ref('stg_aws__line_items') }} as lines
),

-- Google asks for what a commitment's price makes of covered usage where the usage is, and credits the fee
-- with it; in FOCUS the fee is billed in full, perhaps to another project than the usage.
moved as (
    select {{ line | join(', ') }}, -sum(fee_share) as moved_cost
    from {{ ref('int_gcp__covered_usage') }}
    group by {{ line | join(', ') }}
    union all
    select {{ line | join(', ') }}, spread
    from {{ ref('int_gcp__fees') }}
    where pool_key is not null
)

select
    x_feed, x_export, x_billing_period,
    line_item_currency_code as billing_currency,
    coalesce(bill_payer_account_id, line_item_usage_account_id, 'unknown') as billing_account_id,
    line_item_usage_account_id as sub_account_id,
    x_source_file, x_source_row_number,
    rule_name,
    line_item_type as native_charge_type,
    {{ money('file_amount') }} as file_amount,
    {{ money("case when rule_name = 'private rates' then line_item_net_unblended_cost else 0 end") }}
        as billed_cost
from judged
where (rule_name = 'private rates' and file_amount <> line_item_net_unblended_cost)
    or (rule_name <> 'private rates' and file_amount <> 0)
union all
select
    lines.x_feed, lines.x_export, lines.x_billing_period,
    lines.currency, lines.billing_account_id, lines.project_id,
    lines.x_source_file, lines.x_source_row_number,
    'a fee pays for what it covers', lines.cost_type,
    {{ money('lines.net_cost') }},
    {{ money('lines.net_cost + moved.moved_cost') }}
from {{ ref('int_gcp__lines') }} as lines
inner join moved
    on {% for column in line -%}
    lines.{{ column }} = moved.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor %}
where lines.commitment_shape = 'model' and moved.moved_cost <> 0
