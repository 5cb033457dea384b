"""How far each provider's bill has come: the days that may be judged, and how they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from orchestration.analytics.maturity import SETTLED_DAYS, arrival_curve, mature
from orchestration.analytics.series import (
    LEVEL_KEYS,
    build_series,
    complete_through,
    first_days,
)
from orchestration.warehouse import Warehouse

# How feeds arrive changes: what was seen longer ago teaches nothing of today.
LEARNED_DAYS = 180
# Of a settled day one sighting is enough; which one, the exports' rhythm decides.
_SIGHTINGS = f"""
with recent as (
  select service_provider_name as feed, x_feed || '/' || x_export || '/' || billing_currency
           as export, service_name as service, charge_date as ds, seen_on as as_of,
         effective_cost as cost, age_days,
         row_number() over (
           partition by x_feed, x_export, service_provider_name, billing_currency, service_name,
           charge_date order by seen_on desc
         ) as newest_first
  from marts.fct_cost_arrivals
  where charge_date > (select max(charge_date) from marts.fct_cost_arrivals) - {LEARNED_DAYS}
    and age_days >= 0
)
select feed, export, service, ds, as_of, cost from recent
where age_days < {SETTLED_DAYS} or newest_first = 1
order by feed, export, service, ds, as_of
"""
# The export that was read longest ago tells how old a day may be; one that has not been read for
# as long as days take to settle is no longer delivered.
_READ = f"""
with read as (
  select service_provider_name, x_feed, x_export, max(seen_on) as read_on
  from marts.fct_cost_arrivals group by 1, 2, 3
),
newest as (
  select service_provider_name, max(read_on) as newest_on from read group by 1
)
select service_provider_name, min(read_on) as read_on
from read join newest using (service_provider_name)
where read_on > newest_on - {SETTLED_DAYS}
group by 1
"""
_DATA_THROUGH = """
select service_provider_name, max(charge_date) as data_through
from marts.fct_daily_costs where charge_category = 'Usage' group by 1
"""


@dataclass(frozen=True)
class Arrivals:
    """What is known of the days of all providers, whichever of their series are judged."""

    #: The newest day of each provider's bill; a charge dated ahead has not come yet.
    through: Mapping[str, date]
    #: The day on which each provider's bill was read.
    seen: Mapping[str, date]
    #: From `arrival_curve`.
    curve: pd.DataFrame
    #: The days of all charges: charge_date, service_provider_name, charge_category.
    calendar: pd.DataFrame

    def judged(self, daily: pd.DataFrame) -> pd.DataFrame:
        """Series of the daily costs, the newest days as `mature` leaves them."""
        complete = complete_through(self.through, late_days=0)
        series = build_series(daily, complete, keys=LEVEL_KEYS, calendar=self.calendar)
        return mature(series, self.curve, self.seen)

    def in_words(self) -> dict[str, str]:
        """Which days of each provider are judged, and when they were read."""
        first = first_days(self.calendar, self.through)
        return {
            name: f"{first.get(name)} to {day}, read on {self.seen[name]}"
            for name, day in self.through.items()
        }


def arrivals(warehouse: Warehouse, calendar: pd.DataFrame, today: date) -> Arrivals:
    """The arrivals as of today; `calendar` as in `Arrivals`."""
    through = _data_through(warehouse, today)
    read = warehouse.query(_READ)
    days = pd.to_datetime(read["read_on"]).dt.date
    seen = through | dict(zip(read["service_provider_name"], days, strict=True))
    return Arrivals(through, seen, arrival_curve(warehouse.query(_SIGHTINGS)), calendar)


def complete_days(warehouse: Warehouse, today: date) -> dict[str, date]:
    """The last complete day of each provider's bill, whatever its arrival curve says."""
    return complete_through(_data_through(warehouse, today))


def _data_through(warehouse: Warehouse, today: date) -> dict[str, date]:
    through = warehouse.query(_DATA_THROUGH)
    days = pd.to_datetime(through["data_through"]).dt.date
    known = zip(through["service_provider_name"], days, strict=True)
    return {name: min(day, today) for name, day in known}
