{#-
    Two exports that bill an account for the same month, a CUR and a FOCUS export of it, count it twice. The account's
    name may be part of a path, as in Azure's FOCUS exports. Vendors whose FOCUS files name accounts alike are told
    apart by their own names.
-#}
{% test billed_by_one_export(model, lone) %}
with exports as (
    select
        x_billed_feed, x_billed_export, x_billing_period, billing_currency,
        case when x_billed_feed = 'focus' then service_provider_name end as vendor,
        lower(billing_account_id) as payer,
        regexp_replace(lower(sub_account_id), '^.*/', '') as sub_account,
        sum(billed_cost) as billed_cost
    from {{ model }}
    where billed_cost <> 0 and x_billed_export not in (select export_name from {{ lone }})
    group by
        x_billed_feed, x_billed_export, x_billing_period, billing_currency,
        case when x_billed_feed = 'focus' then service_provider_name end, billing_account_id, sub_account_id
)

select
    one.x_billing_period, one.payer, one.sub_account, one.billing_currency,
    one.x_billed_feed, one.x_billed_export, one.billed_cost,
    other.x_billed_feed as other_feed, other.x_billed_export as other_export, other.billed_cost as other_billed_cost
from exports as one
inner join exports as other
    on one.x_billing_period = other.x_billing_period and one.billing_currency = other.billing_currency
    and (one.x_billed_feed, one.x_billed_export) < (other.x_billed_feed, other.x_billed_export)
    and coalesce(one.vendor, other.vendor, '') = coalesce(other.vendor, one.vendor, '')
    and (position(one.payer in other.payer) > 0 or position(other.payer in one.payer) > 0)
    and (
        one.sub_account = other.sub_account
        or (one.sub_account is null and other.sub_account is null and one.x_billed_feed <> other.x_billed_feed)
    )
{% endtest %}
