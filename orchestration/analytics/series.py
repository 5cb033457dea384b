"""Daily costs from the marts as gap-filled series that detectors and forecasters can trust.

Belongs here: what makes a series (keys, categories, days). Taxes, credits, purchases and
adjustments are kept apart from usage: they come on their own days and would fool both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from orchestration.analytics.money import to_money

#: What identifies one series for anomalies; forecasts use `FORECAST_KEYS`.
SERIES_KEYS = (
    "service_provider_name",
    "sub_account_id",
    "service_name",
    "billing_currency",
)
#: A series of any level has two keys more: LEVELS, and which region, owner, … it sums.
LEVEL_KEYS = (*SERIES_KEYS, "level", "member")
FORECAST_KEYS = ("service_provider_name", "billing_currency")
#: A part of a forecast: one service or account of it, or all that are too small to be named.
PART_KEYS = (*FORECAST_KEYS, "level", "member")

USAGE = ("Usage",)

# Clouds deliver the last day or two of usage late; the newest days are no news yet.
LATE_DAYS = 2

# A month and a half without any cost of a provider is a bill that is not here, not a cost of zero.
MISSING_DAYS = 45

NONE = "(none)"
#: What a part's member is that sums the small ones.
OTHERS = "(others)"
#: What a key says where it is summed over.
ALL = "(all)"
#: The finest first. A series of one is the exact sum of series of the finest.
LEVELS = ("service", "account", "region", "owner", "product", "environment", "provider")
FINEST = LEVELS[0]


def complete_through(
    data_through: Mapping[str, date], late_days: int | Mapping[str, int] = LATE_DAYS
) -> dict[str, date]:
    """The last day of each provider whose bill is complete: what has landed, less the lag."""
    lag = late_days if isinstance(late_days, Mapping) else dict.fromkeys(data_through, late_days)
    return {
        name: day - timedelta(days=lag.get(name, LATE_DAYS)) for name, day in data_through.items()
    }


def build_series(
    daily: pd.DataFrame,
    complete: Mapping[str, date],
    *,
    keys: Sequence[str] = SERIES_KEYS,
    categories: Iterable[str] = USAGE,
    calendar: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Daily, gap-filled series of the chosen charge categories.

    `daily` has charge_date, service_provider_name, the `keys`, charge_category, billing_currency
    and effective_cost. `complete` names the last complete day of each provider; later days are
    dropped. Returns series_id, the keys, ds, cost (Decimal, exact) and y (float, for the maths).
    A series begins with its provider's first day, so that a new service is seen to be new; where
    bills are missing (`MISSING_DAYS`), with the first day after them. `calendar` has the days of
    all charges (charge_date, service_provider_name, charge_category) where `daily` is a part.
    """
    _require(daily, {"charge_date", "service_provider_name", "charge_category", "effective_cost"})
    _require(daily, set(keys))
    data = daily[daily["charge_category"].isin(list(categories))].copy()
    data["ds"] = pd.to_datetime(data["charge_date"]).astype("datetime64[ns]").dt.normalize()
    for key in keys:
        data[key] = data[key].astype(object).where(data[key].notna(), NONE).astype(str)
    last = _last_days(data["service_provider_name"].unique(), complete)
    data = data[data["ds"] <= data["service_provider_name"].map(last)]
    columns = ["series_id", *keys, "ds", "cost", "y"]
    if data.empty:
        return _none(columns)
    exact = [_exact(value) for value in data["effective_cost"]]
    data["cost"] = pd.Series(exact, index=data.index, dtype=object)
    names = list(keys)
    sums = data.groupby([*names, "ds"], sort=True)["cost"].sum().reset_index()
    first = first_days(daily if calendar is None else calendar, complete, categories)
    first = first[first.index.isin(data["service_provider_name"])]
    begun = sums["service_provider_name"].map(first.to_dict()).astype("datetime64[ns]")
    sums = sums[sums["ds"] >= begun]
    if sums.empty:
        return _none(columns)
    series = sums[names].drop_duplicates()
    series.insert(0, "series_id", series_ids(series[names]))
    frame = _calendar(series, first, last)
    frame = frame.merge(sums, how="left", on=[*names, "ds"])
    zero = to_money(0)
    frame["cost"] = frame["cost"].astype(object).where(frame["cost"].notna(), zero)
    frame["y"] = frame["cost"].astype(np.float64)
    return frame[columns].sort_values(["series_id", "ds"], ignore_index=True)


def series_ids(keys: pd.DataFrame) -> pd.Series[str]:
    """The name of each row of keys; one member of a level that divides a provider has it added."""
    plain = keys.drop(columns=["level", "member"], errors="ignore").astype(str)
    ids: pd.Series[str] = plain.agg("/".join, axis=1) if len(keys) else pd.Series(dtype=object)
    if "member" not in keys.columns:
        return ids
    return ids.where(keys["member"] == ALL, ids + "/" + keys["level"] + "=" + keys["member"])


def _none(columns: list[str]) -> pd.DataFrame:
    """No series, with the types of some."""
    types = {"ds": "datetime64[ns]", "y": "float64"}
    frame: pd.DataFrame = pd.DataFrame(columns=columns).astype(types)
    return frame


def _calendar(
    series: pd.DataFrame, first: pd.Series[pd.Timestamp], last: Mapping[str, pd.Timestamp]
) -> pd.DataFrame:
    """Every day of every series, from its provider's first day to its last complete one."""
    days = {
        name: pd.date_range(first[name], last[name], freq="D", unit="ns") for name in first.index
    }
    frame = series.copy()
    frame["ds"] = frame["service_provider_name"].map(days)
    return frame.explode("ds", ignore_index=True).astype({"ds": "datetime64[ns]"})


def first_days(
    calendar: pd.DataFrame, complete: Mapping[str, date], categories: Iterable[str] = USAGE
) -> pd.Series[pd.Timestamp]:
    """Each provider's first day of a series: of these categories, and followed by no missing bill.

    `calendar` has charge_date, service_provider_name and charge_category of all charges.
    """
    days = calendar[["service_provider_name", "charge_date", "charge_category"]].drop_duplicates()
    days = days.assign(ds=pd.to_datetime(days["charge_date"]).astype("datetime64[ns]"))
    days = days.sort_values("ds")
    before = days.groupby("service_provider_name")["ds"].diff()
    resumed = days[before > pd.Timedelta(days=MISSING_DAYS)]
    since = resumed.groupby("service_provider_name")["ds"].max()
    chosen = days[days["charge_category"].isin(list(categories))]
    start, last = (
        chosen["service_provider_name"].map(dict(known)).astype("datetime64[ns]")
        for known in (since.to_dict(), _last_days(chosen["service_provider_name"], complete))
    )
    chosen = chosen[(start.isna() | (chosen["ds"] >= start)) & (chosen["ds"] <= last)]
    return chosen.groupby("service_provider_name")["ds"].min()


def _last_days(providers: Iterable[str], complete: Mapping[str, date]) -> dict[str, pd.Timestamp]:
    unknown = sorted(set(providers) - set(complete))
    if unknown:
        raise ValueError(
            f"no last complete day for provider {unknown[0]!r}: pass it in `complete`, "
            "e.g. from complete_through(data_through)"
        )
    return {name: pd.Timestamp(day) for name, day in complete.items()}


def _require(frame: pd.DataFrame, columns: set[str]) -> None:
    missing = sorted(columns - set(frame.columns))
    if missing:
        raise ValueError(f"column {missing[0]!r} is missing from the daily costs: select it too")


def _exact(value: object) -> Decimal:
    """One stored amount as Decimal; a missing one is an error, not a zero."""
    if isinstance(value, Decimal | int):
        return to_money(value)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return to_money(float(value))
    raise ValueError(f"effective_cost holds {value!r}: every daily cost needs an amount")
