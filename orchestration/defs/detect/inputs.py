"""The daily costs that are judged: what identifies their content, and the rows themselves."""

from __future__ import annotations

import pandas as pd

from orchestration.analytics.series import NONE, SERIES_KEYS
from orchestration.warehouse import Warehouse

# Detectors look back a year and a little; what is older is no news, and must not cost time.
HISTORY_DAYS = 450
_KEYS = ", ".join(SERIES_KEYS)
_WINDOW = f"""
with newest as (
  select service_provider_name, max(charge_date) - {HISTORY_DAYS} as since
  from marts.fct_daily_costs where charge_category = 'Usage' group by 1
),
recent as (
  select costs.* from marts.fct_daily_costs as costs join newest using (service_provider_name)
  where charge_date > since
),
daily as (
  select charge_date, service_provider_name, coalesce(sub_account_id, '{NONE}') as sub_account_id,
         coalesce(service_name, '{NONE}') as service_name,
         coalesce(billing_currency, '{NONE}') as billing_currency, charge_category,
         sum(effective_cost) as effective_cost
  from recent where charge_category = 'Usage' group by 1, 2, 3, 4, 5, 6
)
"""
_CALENDAR = (
    f"{_WINDOW} select distinct service_provider_name, charge_date, charge_category from recent"
)
_INPUTS = f"""{_WINDOW}
select {_KEYS},
       md5(string_agg(cast(charge_date as text) || ' ' || cast(effective_cost as text), ','
         order by charge_date)) as input_hash
from daily group by {_KEYS} order by {_KEYS}
"""
_DAILY = f"{_WINDOW} select daily.* from daily"


def calendar(warehouse: Warehouse) -> pd.DataFrame:
    """The days of all charges: charge_date, service_provider_name, charge_category."""
    return warehouse.query(_CALENDAR)


def inputs(warehouse: Warehouse) -> pd.DataFrame:
    """series_id, SERIES_KEYS and input_hash (of all days and costs) of every series."""
    rows = warehouse.query(_INPUTS)
    rows.insert(0, "series_id", rows[list(SERIES_KEYS)].astype(str).agg("/".join, axis=1))
    return rows


def daily_costs(warehouse: Warehouse, wanted: pd.DataFrame) -> pd.DataFrame:
    """The days of the series whose SERIES_KEYS `wanted` holds."""
    if wanted.empty:
        return warehouse.query(f"{_DAILY} where false")
    values = ", ".join(
        f"({', '.join(quoted(str(value)) for value in row)})"
        for row in wanted[list(SERIES_KEYS)].to_numpy()
    )
    return warehouse.query(f"{_DAILY} join (values {values}) as wanted ({_KEYS}) using ({_KEYS})")


def quoted(value: str) -> str:
    """A text as SQL spells it."""
    return "'" + value.replace("'", "''") + "'"
