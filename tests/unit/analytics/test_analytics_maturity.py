"""Promises of arrival curves: the newest days are scaled as they usually arrive, or left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.analytics.detectors import detect
from orchestration.analytics.maturity import SETTLED_DAYS, arrival_curve, mature

Frame = Any
Make = Callable[..., Frame]

#: What the feed shows of a day on that day, one day later, …
ARRIVES = (0.4, 0.8, 0.95, 1.0)


def sightings(feed: str = "AWS", days: int = 40, jitter: float = 0.0) -> Frame:
    rng = np.random.default_rng(1)
    rows = []
    for day in pd.date_range("2026-01-01", periods=days, freq="D"):
        for age in range(SETTLED_DAYS + 2):
            share = ARRIVES[min(age, 3)] * (1 + (jitter * rng.standard_normal() if age < 3 else 0))
            rows.append((feed, day, day + pd.Timedelta(days=age), 100 * share))
    return pd.DataFrame(rows, columns=["feed", "ds", "as_of", "cost"])


def test_the_curve_tells_what_has_usually_arrived_by_age() -> None:
    curve = arrival_curve(sightings()).set_index("age")
    assert curve["share"].head(4).tolist() == pytest.approx(list(ARRIVES))
    assert curve["spread"].max() == pytest.approx(0)


def test_a_feed_that_arrives_unevenly_is_less_sure() -> None:
    sure, unsure = arrival_curve(sightings()), arrival_curve(sightings(jitter=0.1))
    assert unsure["spread"].iloc[0] > 0.02 > sure["spread"].iloc[0]


def test_too_few_days_teach_nothing() -> None:
    assert arrival_curve(sightings(days=5)).empty


def test_days_that_have_not_settled_teach_nothing() -> None:
    seen = sightings()
    assert arrival_curve(seen[seen["as_of"] < seen["ds"] + pd.Timedelta(days=3)]).empty


def test_a_sighting_before_its_day_is_named() -> None:
    seen = sightings(days=8)
    seen.loc[0, "as_of"] = pd.Timestamp("2025-12-31")
    with pytest.raises(ValueError, match=r"'AWS' showed 2026-01-01.*before it began"):
        arrival_curve(seen)


def late(make: Make) -> Frame:
    """A series whose newest three days are as incomplete as usual."""
    frame = make(days=120).assign(service_provider_name="AWS")
    for age, share in enumerate(ARRIVES[:3]):
        frame.loc[len(frame) - 1 - age, "y"] *= share
    return frame


def test_newest_days_are_scaled_to_what_they_will_cost(make: Make) -> None:
    frame, whole = late(make), make(days=120)
    last = frame["ds"].iloc[-1].date()
    scaled = mature(frame, arrival_curve(sightings()), {"AWS": last})
    # Of the last day less than half has arrived: it is left out, the two before it are scaled.
    assert len(scaled) == 119
    assert scaled["y"].tolist() == pytest.approx(whole["y"].tolist()[:119])
    assert scaled["share"].tail(2).tolist() == pytest.approx([0.95, 0.8])
    assert (scaled["share"].head(100) == 1).all()


def test_a_spike_on_an_incomplete_day_is_found_before_the_day_is_complete(make: Make) -> None:
    frame = late(make)
    frame.loc[118, "y"] *= 2.5
    curve = arrival_curve(sightings())
    scaled = mature(frame, curve, {"AWS": frame["ds"].iloc[-1].date()})
    found = detect(scaled)
    assert found[found["flag"]]["ds"].tolist() == [frame["ds"][118]]


def test_an_unsure_day_needs_more_to_alarm(make: Make) -> None:
    frame = make()
    frame.loc[200, "y"] += 40
    sure = detect(frame.assign(unsure=0.0))
    unsure = detect(frame.assign(unsure=np.where(frame.index == 200, 15.0, 0.0)))
    assert sure["flag"][200]
    assert not unsure["flag"][200]


def test_a_feed_without_a_last_day_is_named(make: Make) -> None:
    with pytest.raises(ValueError, match="'AWS' was read"):
        mature(late(make), arrival_curve(sightings()), {"Microsoft": date(2026, 1, 1)})
