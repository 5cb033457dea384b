"""What forecasts are made from."""

from orchestration.analytics.series import NONE, OTHERS

DAILY = """
select charge_date, service_provider_name, charge_category, billing_currency,
       sum(effective_cost) as effective_cost, sum(billed_cost) as billed_cost
from marts.fct_daily_costs
group by 1, 2, 3, 4
"""
# What a bill names alike is one item: a commitment, else what the line says.
PURCHASES = f"""
select service_provider_name, billing_currency, service_name,
       coalesce(commitment_discount_id, charge_description, sku_id, '{NONE}') as item,
       cast(charge_period_start as date) as charge_date,
       max(case when charge_frequency = 'Recurring' then 1 else 0 end) = 1 as is_recurring,
       sum(billed_cost) as billed_cost
from focus.fct_focus_charges
where charge_category = 'Purchase' and coalesce(charge_class, '') <> 'Correction'
group by 1, 2, 3, 4, 5
"""
# Services and accounts of a provider that are forecast by name, the largest of the last quarter: a
# forecast of each of a thousand would say less than one of all that are small.
NAMED = 12
PARTS = f"""
with costs as (select * from intermediate.int_forecasts__part_costs),
newest as (
    select service_provider_name, max(charge_date) - 91 as since from costs group by 1
),
ranked as (
    select level, member, service_provider_name, billing_currency,
           row_number() over (
               partition by level, service_provider_name, billing_currency
               order by sum(effective_cost) desc, member
           ) as place
    from costs inner join newest using (service_provider_name)
    where charge_category = 'Usage' and charge_date > since
    group by level, member, service_provider_name, billing_currency
)
select level, case when place <= {NAMED} then member else '{OTHERS}' end as member,
       service_provider_name, billing_currency, charge_category, charge_date,
       sum(effective_cost) as effective_cost
from costs left join ranked using (level, member, service_provider_name, billing_currency)
group by 1, 2, 3, 4, 5, 6
"""
