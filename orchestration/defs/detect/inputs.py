"""The daily costs that are judged, what identifies their content, and what was announced."""

from __future__ import annotations

import pandas as pd

from orchestration.analytics.planned import Planned, read_calendar
from orchestration.analytics.series import ALL, FINEST, LEVEL_KEYS, NONE, series_ids
from orchestration.ingest.engine import text
from orchestration.warehouse import Warehouse

# Detectors look back a year and a little; what is older is no news, and must not cost time. Old
# days leave by whole weeks: noise is measured once in a week of a series, counted from its first
# day, and were that another day each evening, alarms would come and go, and findings lose their id.
HISTORY_DAYS = 450
MOST_CREDITS = 100
#: The columns that identify one day of a series.
_KEYS = ", ".join(LEVEL_KEYS)
_GRAIN = f"charge_date, {_KEYS}, charge_category"
_NEWEST = f"""newest as (
  select service_provider_name, min(charge_date) as known_since, max(charge_date) - {HISTORY_DAYS}
           - cast(mod(max(charge_date) - {HISTORY_DAYS} + 1 - min(charge_date), 7) as integer)
           as since
  from marts.fct_daily_costs where charge_category = 'Usage' group by 1
)"""
# A sum of one series is that series: only what divides a provider, or an account, is summed. What
# has no region or tag is a remainder: it moves by what is tagged, and has no one to be told. Least
# and greatest tell whether there are several: joined to a count of them, PostgreSQL counted them
# anew for each day where it had no statistics yet.
_WINDOW = f"""
with {_NEWEST},
recent as (
  select costs.* from marts.fct_daily_costs as costs join newest using (service_provider_name)
  where charge_date > since
),
named as (
  select charge_date, service_provider_name, coalesce(sub_account_id, '{NONE}') as sub_account_id,
         coalesce(service_name, '{NONE}') as service_name,
         coalesce(billing_currency, '{NONE}') as billing_currency,
         coalesce(region_id, '{NONE}') as region_id, charge_category, effective_cost
  from recent where charge_category = 'Usage'
),
services as (
  select named.*, min(service_name) over account <> max(service_name) over account as has_services,
         min(sub_account_id) over provider <> max(sub_account_id) over provider as has_accounts,
         min(region_id) over provider <> max(region_id) over provider as has_regions
  from named
  window account as (partition by service_provider_name, billing_currency, sub_account_id),
         provider as (partition by service_provider_name, billing_currency)
),
tags as (
  select costs.*, min(coalesce(dimension_value, '{NONE}')) over whole
         <> max(coalesce(dimension_value, '{NONE}')) over whole as has_values
  from marts.fct_daily_tag_costs as costs join newest using (service_provider_name)
  where charge_date > since and charge_category = 'Usage'
  window whole as (partition by service_provider_name, billing_currency, dimension)
),
divided as (
  select charge_date, service_provider_name, sub_account_id, service_name, billing_currency,
         '{FINEST}' as level, '{ALL}' as member, charge_category, effective_cost
  from services
  union all
  select charge_date, service_provider_name, sub_account_id, '{ALL}', billing_currency,
         'account', '{ALL}', charge_category, effective_cost
  from services where has_services
  union all
  select charge_date, service_provider_name, '{ALL}', '{ALL}', billing_currency,
         'provider', '{ALL}', charge_category, effective_cost
  from services where has_accounts
  union all
  select charge_date, service_provider_name, '{ALL}', '{ALL}', billing_currency,
         'region', region_id, charge_category, effective_cost
  from services where has_regions and region_id <> '{NONE}'
  union all
  select charge_date, service_provider_name, '{ALL}', '{ALL}', billing_currency,
         dimension, dimension_value, charge_category, effective_cost
  from tags where has_values and dimension_value is not null
),
daily as (
  select {_GRAIN}, sum(effective_cost) as effective_cost from divided group by {_GRAIN}
)
"""
_CALENDAR = f"""{_WINDOW}
select distinct service_provider_name, charge_date, charge_category from recent
"""
_INPUTS = f"""{_WINDOW}
select {_KEYS},
       md5(string_agg(cast(charge_date as text) || ' ' || cast(effective_cost as text), ','
         order by charge_date)) as input_hash
from daily group by {_KEYS} order by {_KEYS}
"""
# The month before a purchase is the thirty days before its day, which may hold days without usage.
_PURCHASES = f"""
with {_NEWEST},
usage as (
  select service_provider_name, billing_currency, charge_date, sum(effective_cost) as cost
  from marts.fct_daily_costs where charge_category = 'Usage' group by 1, 2, 3
),
bought as (
  select charge_date, service_provider_name, coalesce(sub_account_id, '{NONE}') as sub_account_id,
         coalesce(service_name, '{NONE}') as service_name,
         coalesce(billing_currency, '{NONE}') as billing_currency, sum(billed_cost) as billed_cost
  from marts.fct_daily_costs where charge_category = 'Purchase' group by 1, 2, 3, 4, 5
),
compared as (
  select bought.*, lag(charge_date) over earlier as last_bought,
         lag(charge_date, 2) over earlier as bought_before,
         max(billed_cost) over before as most_before,
         cast(avg(billed_cost) over before as decimal(38, 12)) as mean_before
  from bought
  window earlier as (
    partition by service_provider_name, sub_account_id, service_name, billing_currency
    order by charge_date
  ), before as (earlier rows between unbounded preceding and 1 preceding)
)
select compared.*, known_since, (
  select sum(cost) from usage
  where usage.service_provider_name = compared.service_provider_name
    and usage.billing_currency = compared.billing_currency
    and usage.charge_date >= compared.charge_date - 30
    and usage.charge_date < compared.charge_date
) as usage_before
from compared join newest using (service_provider_name)
where charge_date > since and billed_cost > coalesce(most_before, 0)
order by charge_date, service_provider_name, sub_account_id, service_name, billing_currency
"""
# A credit of several services or accounts is one credit; of what it names none, it may be taken off
# all that its provider bills. As many as anybody looks at, the largest.
_CREDITS = f"""
with {_NEWEST},
credited as (
  select cast(charge_period_start as date) as charge_date, service_provider_name,
         coalesce(billing_currency, '{NONE}') as billing_currency,
         coalesce(charge_description, sku_id, '{NONE}') as item,
         coalesce(sub_account_id, '{NONE}') as sub_account_id,
         coalesce(service_name, '{NONE}') as service_name, -sum(billed_cost) as credit
  from focus.fct_focus_charges
  where charge_category = 'Credit' and coalesce(charge_class, '') <> 'Correction'
  group by 1, 2, 3, 4, 5, 6
),
items as (
  select service_provider_name, billing_currency, item,
         case when min(sub_account_id) = max(sub_account_id) then min(sub_account_id)
              else '{ALL}' end as sub_account_id,
         case when min(service_name) = max(service_name) then min(service_name)
              else '{ALL}' end as service_name,
         row_number() over (
           partition by service_provider_name, billing_currency order by sum(credit) desc, item
         ) as place
  from credited join newest using (service_provider_name)
  where charge_date > since group by 1, 2, 3
),
used as (
  select charge_date, service_provider_name, coalesce(billing_currency, '{NONE}')
           as billing_currency, coalesce(service_name, '{NONE}') as service_name,
         sum(effective_cost) as cost
  from marts.fct_daily_costs where charge_category = 'Usage' group by 1, 2, 3, 4
),
spent as (
  select charge_date, service_provider_name, billing_currency, sum(cost) as provider_usage
  from used group by 1, 2, 3
),
places as (
  select distinct service_provider_name, billing_currency, item, service_name from credited
),
days as (
  select charge_date, service_provider_name, billing_currency, item, credit, 0 as usage
  from credited
  union all
  select charge_date, service_provider_name, billing_currency, item, 0, cost
  from used join places using (service_provider_name, billing_currency)
  where places.service_name in (used.service_name, '{NONE}')
)
select charge_date, service_provider_name, sub_account_id, service_name, billing_currency, item,
       sum(credit) as credit, sum(usage) as usage,
       coalesce(max(provider_usage), 0) as provider_usage
from days join items using (service_provider_name, billing_currency, item)
join newest using (service_provider_name)
left join spent using (charge_date, service_provider_name, billing_currency)
where charge_date > since and place <= {MOST_CREDITS}
group by 1, 2, 3, 4, 5, 6
order by 1, 2, 3, 4, 5, 6
"""
# The restatements that are findings: of an account, in a currency.
_RESTATED = f"""
with restated as (
  select distinct finding_id, x_feed, x_export, x_billing_period, billing_account_id,
         billing_currency, received_at
  from marts.fct_billing_period_restatements as changes
  join (select max(charge_date) as newest from marts.fct_daily_costs) as known on true
  where is_of_closed_period and cast(received_at as date) > newest - {HISTORY_DAYS}
)"""
# What was there before is known of what was built then: without it, all would seem to be new.
_RESTATED_DAYS = f"""{_RESTATED},
sides as (
  select restated.*, states.state_id,
         case when states.reported_from = restated.received_at then 1 else -1 end as side
  from restated join intermediate.int_ledger__reported_states as states
    using (x_feed, x_export, x_billing_period)
  where restated.received_at in (states.reported_from, states.reported_until)
),
both_sides as (
  select finding_id, service_provider_name, costs.billing_currency, service_name, charge_date,
         effective_cost * side as change, min(side) over (partition by finding_id) as least,
         max(side) over (partition by finding_id) as most
  from sides join intermediate.int_ledger__reported_costs as costs
    on sides.state_id = costs.state_id and sides.x_feed = costs.x_feed
    and sides.x_export = costs.x_export and sides.billing_account_id = costs.billing_account_id
    and sides.billing_currency = costs.billing_currency
  where charge_category = 'Usage'
)
select finding_id, service_provider_name, billing_currency, service_name, charge_date,
       sum(change) as change
from both_sides where least < most group by 1, 2, 3, 4, 5 having sum(change) <> 0
"""
_RESTATED_ACCOUNTS = f"""{_RESTATED}
select finding_id, sub_account_id, max(abs(difference)) as difference
from restated join marts.fct_billing_period_restatements using (finding_id) group by 1, 2
"""
_DAILY = f"{_WINDOW} select daily.* from daily"


def calendar(warehouse: Warehouse) -> pd.DataFrame:
    """The days of all charges: charge_date, service_provider_name, charge_category."""
    return warehouse.query(_CALENDAR)


def purchases(warehouse: Warehouse) -> pd.DataFrame:
    """The days on which a service billed more for purchases than ever: for `unusual_purchases`."""
    return warehouse.query(_PURCHASES)


def credits_by_day(warehouse: Warehouse) -> pd.DataFrame:
    """What credits took off on each day, and what it was taken off: for `ended_credits`."""
    return warehouse.query(_CREDITS)


def restatements(warehouse: Warehouse) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What restatements of closed months changed, by day and by account: for `fold_restated`."""
    return warehouse.query(_RESTATED_DAYS), warehouse.query(_RESTATED_ACCOUNTS)


def inputs(warehouse: Warehouse) -> pd.DataFrame:
    """series_id, LEVEL_KEYS and input_hash (of all days and costs) of every series."""
    rows = warehouse.query(_INPUTS)
    rows.insert(0, "series_id", series_ids(rows[list(LEVEL_KEYS)]))
    return rows


def daily_costs(warehouse: Warehouse, wanted: pd.DataFrame) -> pd.DataFrame:
    """The days of the series whose LEVEL_KEYS `wanted` holds."""
    if wanted.empty:
        return warehouse.query(f"{_DAILY} where false")
    values = ", ".join(
        f"({', '.join(text(str(value)) for value in row)})"
        for row in wanted[list(LEVEL_KEYS)].to_numpy()
    )
    return warehouse.query(f"{_DAILY} join (values {values}) as wanted ({_KEYS}) using ({_KEYS})")


def planned_events(warehouse: Warehouse) -> list[Planned]:
    """The calendar; of each entry the columns that are filled."""
    rows = warehouse.query("select * from seeds.planned_events").astype(object).to_dict("records")
    filled = [{str(k): v for k, v in row.items() if not pd.isna(v)} for row in rows]
    return read_calendar(filled)
