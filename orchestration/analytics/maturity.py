"""How much of a day's bill has usually arrived when the day is this old, and how sure that is.

Belongs here: arrival curves, learned from what each feed showed for the same day on later days, and
their use on the newest days. Exact money is never scaled: only `y`, what the mathematics look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

#: A day this old no longer changes; what it shows then counts as the whole.
SETTLED_DAYS = 10
#: Days that must have been seen at an age before its share is believed.
LEAST_DAYS = 7
#: Less than this has arrived: scaling would multiply noise, so the day is left out.
LEAST_SHARE = 0.5
#: Half of the 80 % range in normal standard deviations: from quantiles to one spread.
RANGE_TO_SD = 2.563

SIGHTINGS = ("feed", "ds", "as_of", "cost")


def arrival_curve(sightings: pd.DataFrame) -> pd.DataFrame:
    """The usual share of a day's cost that has arrived, by feed and age in days.

    `sightings` has feed, ds (the day of the charges), as_of (the day we looked) and cost (what
    `feed` showed for `ds` then). Returns feed, age, share (median), spread (its standard deviation,
    robust) and days (how many days it rests on), only for ages seen on `LEAST_DAYS` days or more.
    Days that have not settled yet, or cost nothing, teach nothing.
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
    seen = seen.sort_values(["feed", "ds", "age"], kind="stable")
    final = seen.groupby(["feed", "ds"], as_index=False).last()
    final = final[(final["age"] >= SETTLED_DAYS) & (final["cost"] > 0)]
    known = seen.merge(final[["feed", "ds", "cost"]], on=["feed", "ds"], suffixes=("", "_final"))
    known = known[known["age"] < SETTLED_DAYS]
    known["share"] = known["cost"] / known["cost_final"]
    by_age = known.groupby(["feed", "age"])["share"]
    curve = by_age.agg(
        share="median",
        low=lambda values: values.quantile(0.1),
        high=lambda values: values.quantile(0.9),
        days="size",
    ).reset_index()
    curve["spread"] = (curve["high"] - curve["low"]) / RANGE_TO_SD
    enough = curve["days"] >= LEAST_DAYS
    return curve.loc[enough, ["feed", "age", "share", "spread", "days"]].reset_index(drop=True)


def mature(
    series: pd.DataFrame,
    curve: pd.DataFrame,
    seen: Mapping[str, date],
    *,
    feed: str = "service_provider_name",
) -> pd.DataFrame:
    """Scale the newest days of `series` by the arrival curve of their feed.

    `series` is from `build_series`; `seen` is the day each feed was last read; `feed` names the
    column that holds it. `y` becomes what the day will probably have cost; two columns are added:
    share (arrived so far, 1 from `SETTLED_DAYS` on) and unsure (standard deviation of `y`, in
    its own unit), which `detect` takes as noise. Days whose age the curve does not know, and days
    of which less than `LEAST_SHARE` has arrived, are left out: they are no news yet.
    """
    unknown = sorted(set(series[feed].unique()) - set(seen))
    if unknown:
        raise ValueError(f"no day on which feed {unknown[0]!r} was read: pass it in `seen`")
    last = series[feed].map({name: pd.Timestamp(day) for name, day in seen.items()})
    age = (last - series["ds"]).dt.days
    keys = pd.MultiIndex.from_arrays([series[feed], age])
    known = curve.set_index(["feed", "age"])
    share = known["share"].reindex(keys).to_numpy(dtype=np.float64)
    spread = known["spread"].reindex(keys).to_numpy(dtype=np.float64)
    settled = age.to_numpy() >= SETTLED_DAYS
    share = np.where(settled, 1.0, share)
    spread = np.where(settled, 0.0, spread)
    keep = np.nan_to_num(share) >= LEAST_SHARE
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = series["y"].to_numpy(dtype=np.float64) / share
        unsure = np.abs(scaled) * spread / share
    # Detectors need every day up to the last: a series ends before its first day left out.
    unbroken = pd.Series(keep, index=series.index).groupby(series["series_id"]).cummin()
    frame = series.assign(y=scaled, share=share, unsure=unsure)
    return frame[unbroken].reset_index(drop=True)
