"""How Acme's days differ: growth, weekdays, seasons, month ends and day-to-day noise.

Belongs here: factors around 1.0 per day. What they multiply is in the catalogues.
"""

from __future__ import annotations

import zlib
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt

from orchestration.demo.company import DAYS, day_date, day_index

Floats = npt.NDArray[np.float64]

PROFILES = ("flat", "storage", "web", "webscale", "batch", "office", "ramp")

# The busiest days of the shop: demand, and so requests, orders and cost, rise together.
CAMPAIGN_FIRST = day_index("2025-11-27")
CAMPAIGN_LAST = day_index("2025-12-02")


def _is_month_end(day: date) -> bool:
    return (day.month != day_date_after(day, 1).month) or (
        day.month != day_date_after(day, 2).month
    )


def day_date_after(day: date, days: int) -> date:
    """The date some days after another."""
    return date.fromordinal(day.toordinal() + days)


@cache
def profile_matrix() -> Floats:
    """Factor per profile (in the order of `PROFILES`) and day."""
    days = np.arange(DAYS)
    dates = [day_date(int(d)) for d in days]
    weekday = np.array([d.weekday() for d in dates])
    month_end = np.array([_is_month_end(d) for d in dates])
    growth = 1.011 ** (days / 30.4)
    # Shops sell most before Christmas and least in high summer.
    season = 1.0 + 0.10 * np.cos(2 * np.pi * (days - day_index("2025-12-10")) / 365.25)
    campaign = np.where((days >= CAMPAIGN_FIRST) & (days < CAMPAIGN_LAST), 1.35, 1.0)
    web_week = np.array([1.03, 1.04, 1.05, 1.05, 1.06, 0.90, 0.87])[weekday]
    batch_week = np.array([1.05, 1.05, 1.05, 1.05, 1.05, 0.88, 0.87])[weekday]
    web = growth * season * campaign * web_week
    rows = {
        "flat": np.ones(DAYS),
        "storage": 1.008 ** (days / 30.4),
        "web": web,
        # Autoscaled fleets cannot run more than 24 hours a day per machine.
        "webscale": np.minimum(1.0, 0.82 * campaign * np.where(weekday >= 5, 0.72, 1.10)),
        "batch": growth * batch_week * np.where(month_end, 1.22, 1.0),
        "office": np.where(weekday >= 5, 0.25, 1.0),
        "ramp": 0.55 + 0.45 * days / DAYS,
    }
    return np.vstack([rows[name] for name in PROFILES])


def group_noise(seed: int, group: str, sigma: float = 0.022) -> Floats:
    """Noise that all charges of a group share on a day; it does not average out over rows."""
    rng = np.random.default_rng([seed, 11, zlib.crc32(group.encode())])
    slow = np.convolve(rng.standard_normal(DAYS + 6), np.ones(7) / 7, mode="valid")
    return np.exp(sigma * rng.standard_normal(DAYS) + 0.6 * sigma * slow)
