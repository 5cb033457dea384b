{#-
    An account has one payer at a time. Two exports that bill its usage of the same days to two payers count it twice,
    as a pro forma CUR beside the payer's own does. An account that moves has a day with both at most. Vendors' FOCUS
    files of different customers may name accounts alike: one of the two must be a cloud's own.
-#}
{% test billed_to_one_payer(model, lone) %}
with payers as (
    select
        x_billed_feed, x_billed_export, x_billing_period,
        lower(billing_account_id) as payer,
        regexp_replace(lower(sub_account_id), '^.*/', '') as sub_account,
        min(charge_period_start) as first_usage,
        max(charge_period_end) as last_usage,
        sum(billed_cost) as billed_cost
    from {{ model }}
    where
        charge_category = 'Usage' and charge_class is null and billed_cost <> 0
        and x_billed_export not in (select export_name from {{ lone }})
    group by x_billed_feed, x_billed_export, x_billing_period, billing_account_id, sub_account_id
)

select
    one.x_billing_period, one.sub_account,
    one.payer, one.x_billed_feed, one.x_billed_export, one.billed_cost,
    other.payer as other_payer, other.x_billed_feed as other_feed, other.x_billed_export as other_export,
    other.billed_cost as other_billed_cost
from payers as one
inner join payers as other
    on one.x_billing_period = other.x_billing_period and one.sub_account = other.sub_account
    and (one.x_billed_feed, one.x_billed_export) < (other.x_billed_feed, other.x_billed_export)
    and (one.x_billed_feed <> 'focus' or other.x_billed_feed <> 'focus')
    -- Else billed_by_one_export says it.
    and position(one.payer in other.payer) = 0 and position(other.payer in one.payer) = 0
    and one.first_usage + interval '1 day' < other.last_usage
    and other.first_usage + interval '1 day' < one.last_usage
{% endtest %}
