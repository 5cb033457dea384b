"""Real series as backgrounds: published traffic, load and bills, see `donors.md` for the sources.

Half of the time their outliers are clipped, half of the time they stay: bills come in both kinds.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.detectors.training.corpus import LENGTH

DONORS = Path(__file__).with_name("donors.csv")
#: Share of backgrounds that are stretches of real bills, their whole weeks shuffled.
BILLS = 0.4
KEEP_OUTLIERS = 0.5
#: Robust standard deviations (of the logarithm) beyond which an outlier is clipped.
CLIP = 4.0


@cache
def _donors() -> dict[str, list[tuple[str, pd.Timestamp, Floats]]]:
    """Name, first day and values by use: `bill` (weeks to shuffle) or `usage` (windows to cut)."""
    table = pd.read_csv(DONORS, parse_dates=["start"])
    found: dict[str, list[tuple[str, pd.Timestamp, Floats]]] = {"bill": [], "usage": []}
    for row in table.to_dict("records"):
        values = np.array(str(row["values"]).split(), dtype=np.float64)
        found[str(row["use"])].append((str(row["donor"]), row["start"], values))
    return found


def borrowed(rng: np.random.Generator) -> tuple[pd.DatetimeIndex, Floats, str]:
    """A background from a real series: days, values of median 1, and the donor's name."""
    if rng.random() < BILLS:
        return _shuffled_bill(rng)
    usage = _donors()["usage"]
    donor, start, values = usage[rng.integers(len(usage))]
    offset = int(rng.integers(0, len(values) - LENGTH + 1))
    window = values[offset : offset + LENGTH]
    if rng.random() >= KEEP_OUTLIERS:
        window = _clipped(window)
    first = start + pd.Timedelta(days=offset)
    fixed = rng.uniform(0, 0.9)
    days = pd.date_range(first, periods=LENGTH, freq="D", unit="ns")
    return days, fixed + (1 - fixed) * window / np.median(window), donor


def _shuffled_bill(rng: np.random.Generator) -> tuple[pd.DatetimeIndex, Floats, str]:
    bills = _donors()["bill"]
    donor, _, values = bills[rng.integers(len(bills))]
    weeks = values[: len(values) // 7 * 7].reshape(-1, 7)
    chosen = rng.integers(0, len(weeks), LENGTH // 7 + 1)
    monday = pd.Timestamp("2021-01-04") + pd.Timedelta(days=7 * int(rng.integers(0, 200)))
    days = pd.date_range(monday, periods=LENGTH, freq="D", unit="ns")
    return days, weeks[chosen].ravel()[:LENGTH] / np.median(values), donor


def _clipped(values: Floats) -> Floats:
    """Outliers against the running fortnight and the weekday, clipped on the logarithm."""
    logs = pd.Series(np.log(np.maximum(values, np.median(values) * 1e-3)))
    slow = logs.rolling(15, center=True, min_periods=5).median()
    rest = logs - slow
    week = rest.groupby(np.arange(len(rest)) % 7).transform("median")
    rest = rest - week
    spread = 1.4826 * float((rest - rest.median()).abs().median()) + 1e-9
    return np.asarray(np.exp(slow + week + rest.clip(-CLIP * spread, CLIP * spread)))
