"""How much of a day's bill has usually arrived when the day is this old, and how sure that is.

Belongs here: arrival curves, learned from what each feed showed for the same day on later days, and
their use on the newest days. Exact money is never scaled: only `y`, what the mathematics look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.series import LATE_DAYS

#: A day this old no longer changes; what it shows then counts as the whole.
SETTLED_DAYS = 10
#: Days that must have been seen at an age before its share is believed.
LEAST_DAYS = 7
#: Less than this has arrived: scaling would multiply noise, so the day is left out.
LEAST_SHARE = 0.5
#: Half of the 80 % range in normal standard deviations: from quantiles to one spread.
RANGE_TO_SD = 2.563

SIGHTINGS = ("feed", "export", "service", "ds", "as_of", "cost")
#: The curve of a whole feed, for services that were not seen often enough to have their own.
ALL = ""
_CURVE = ["feed", "service", "age", "share", "spread", "days"]


def arrival_curve(sightings: pd.DataFrame) -> pd.DataFrame:
    """The usual share of a day's cost that has arrived, by feed, service and age in days.

    `sightings` has feed, export (each is delivered in its own time), service, ds (the day of the
    charges), as_of (the day we looked) and cost (what was shown for `ds` then). Returns feed,
    service (`ALL`: the feed as a whole), age, share (median), spread (its standard deviation,
    robust) and days (how many it rests on, of each export), only for ages seen on `LEAST_DAYS`
    days or more. Days that have not settled yet, or cost nothing, teach nothing.
    """
    missing = sorted(set(SIGHTINGS) - set(sightings.columns))
    if missing:
        raise ValueError(f"column {missing[0]!r} is missing from the sightings: select it too")
    seen = sightings[list(SIGHTINGS)].copy()
    seen["cost"] = seen["cost"].astype(np.float64)
    days = pd.to_datetime(seen["as_of"]) - pd.to_datetime(seen["ds"])
    seen["age"] = days.dt.days
    if (seen["age"] < 0).any():
        row = seen[seen["age"] < 0].iloc[0]
        raise ValueError(
            f"feed {row['feed']!r} showed {row['ds']} on {row['as_of']}, before it began: "
            "correct as_of, or leave out charges that are dated ahead"
        )
    whole = seen.assign(service=ALL)
    parts = [_curve(part) for part in (whole, seen) if not part.empty]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_CURVE)


def _curve(sightings: pd.DataFrame) -> pd.DataFrame:
    day = ["feed", "export", "service", "ds"]
    # Sorted by all of these: the last row of a day is the oldest sighting of it.
    seen: Any = sightings.groupby([*day, "age"], as_index=False)["cost"].sum()
    final = seen.groupby(day, as_index=False).last()
    final = final[(final["age"] >= SETTLED_DAYS) & (final["cost"] > 0)]
    known = seen.merge(final[[*day, "cost"]], on=day, suffixes=("", "_final"))
    known = known[known["age"] < SETTLED_DAYS]
    known["share"] = known["cost"] / known["cost_final"]
    by_age = known.groupby(["feed", "service", "age"])["share"]
    curve: Any = by_age.agg(share="median", days="size")
    curve["spread"] = (by_age.quantile(0.9) - by_age.quantile(0.1)) / RANGE_TO_SD
    enough: pd.DataFrame = curve[curve["days"] >= LEAST_DAYS].reset_index()[_CURVE]
    return enough


def mature(
    series: pd.DataFrame,
    curve: pd.DataFrame,
    seen: Mapping[str, date],
    *,
    feed: str = "service_provider_name",
    service: str = "service_name",
    late_days: int = LATE_DAYS,
) -> pd.DataFrame:
    """Scale the newest days of `series` by the arrival curve of their service, or else their feed.

    `series` is from `build_series`, up to the newest day of each feed; `seen` is the day each feed
    was last read; `feed` and `service` name the columns that hold them. `y` becomes what the day
    will probably have cost; two columns are added: share (arrived so far, 1 from `SETTLED_DAYS`
    on) and unsure (standard deviation of `y`, in its own unit), which `detect` takes as noise. Days
    of which less than `LEAST_SHARE` has arrived are left out: they are no news yet. Where the curve
    knows nothing of an age, the newest `late_days` are left out, and older days count as whole.
    """
    unknown = sorted(set(series[feed].unique()) - set(seen))
    if unknown:
        raise ValueError(f"no day on which feed {unknown[0]!r} was read: pass it in `seen`")
    if series.empty:
        return series.assign(share=np.array([], np.float64), unsure=np.array([], np.float64))
    last = series[feed].map({name: pd.Timestamp(day) for name, day in seen.items()})
    age = (last - series["ds"]).dt.days
    known = curve.set_index(["feed", "service", "age"])[["share", "spread"]].astype(np.float64)
    own = known.reindex(pd.MultiIndex.from_arrays([series[feed], series[service], age]))
    usual = known.reindex(pd.MultiIndex.from_arrays([series[feed], np.full(len(series), ALL), age]))
    found = np.where(own.isna(), usual, own)
    newest = series.groupby(feed)["ds"].transform("max")
    late = ((newest - series["ds"]).dt.days < late_days).to_numpy()
    settled = age.to_numpy() >= SETTLED_DAYS
    share = np.where(np.isnan(found[:, 0]), np.where(late, 0.0, 1.0), found[:, 0])
    share = np.where(settled, 1.0, share)
    spread = np.where(settled, 0.0, np.nan_to_num(found[:, 1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = series["y"].to_numpy(dtype=np.float64) / share
        unsure = np.abs(scaled) * spread / share
    # Detectors need every day up to the last: a series ends before its first day left out.
    keep = pd.Series(share >= LEAST_SHARE, index=series.index).groupby(series["series_id"]).cummin()
    frame = series.assign(y=scaled, share=share, unsure=unsure)
    return frame[keep].reset_index(drop=True)
