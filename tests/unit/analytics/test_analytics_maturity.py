"""Promises of arrival curves: the newest days are scaled as they usually arrive, or left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.analytics.detectors import detect
from orchestration.analytics.explain import COLUMNS as DRIVER_COLUMNS
from orchestration.analytics.findings import to_findings
from orchestration.analytics.maturity import ALL, SETTLED_DAYS, arrival_curve, mature
from orchestration.analytics.money import to_money
from orchestration.analytics.sentences import in_words

Frame = Any
Make = Callable[..., Frame]

#: What the feed shows of a day on that day, one day later, …
ARRIVES = (0.4, 0.8, 0.95, 1.0)


def sightings(
    service: str = "EC2", days: int = 40, jitter: float = 0.0, delay: int = 0, export: str = "a"
) -> Frame:
    """What AWS showed of each day on each later day; `delay` days later than usual."""
    rng = np.random.default_rng(1)
    rows = []
    for day in pd.date_range("2026-01-01", periods=days, freq="D"):
        for age in range(SETTLED_DAYS + 2):
            share = ARRIVES[min(age - delay, 3)] if age >= delay else 0.0
            share *= 1 + (jitter * rng.standard_normal() if age < 3 else 0)
            rows.append(("AWS", export, service, day, day + pd.Timedelta(days=age), 100 * share))
    return pd.DataFrame(rows, columns=["feed", "export", "service", "ds", "as_of", "cost"])


def of(curve: Frame, service: str = ALL) -> Frame:
    return curve[curve["service"] == service].set_index("age")


def test_the_curve_tells_what_has_usually_arrived_by_age() -> None:
    curve = arrival_curve(sightings())
    for service in (ALL, "EC2"):
        assert of(curve, service)["share"].head(4).tolist() == pytest.approx(list(ARRIVES))
    assert curve["spread"].max() == pytest.approx(0)


def test_a_service_that_arrives_later_than_its_feed_has_its_own_curve() -> None:
    curve = arrival_curve(pd.concat([sightings(), sightings("S3", delay=2)]))
    assert of(curve, "S3")["share"].head(3).tolist() == pytest.approx([0, 0, 0.4])
    assert of(curve, ALL)["share"].head(3).tolist() == pytest.approx([0.2, 0.4, 0.675])


def test_an_export_that_was_not_delivered_does_not_make_another_look_late() -> None:
    weekly = sightings(export="b")
    weekly = weekly[(weekly["as_of"] - weekly["ds"]).dt.days.isin([3, SETTLED_DAYS + 1])]
    curve = arrival_curve(pd.concat([sightings(), weekly]))
    assert of(curve)["share"].head(4).tolist() == pytest.approx(list(ARRIVES))


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
    frame = make(days=120).assign(service_provider_name="AWS", service_name="EC2")
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


def test_without_any_sighting_the_newest_two_days_are_left_out_and_no_other(make: Make) -> None:
    frame, nothing = late(make), arrival_curve(sightings(days=0))
    scaled = mature(frame, nothing, {"AWS": frame["ds"].iloc[-1].date()})
    assert scaled["y"].tolist() == frame["y"].tolist()[:118]
    assert (scaled["share"] == 1).all()


def test_days_that_have_only_just_begun_to_arrive_never_alarm(make: Make) -> None:
    curve = arrival_curve(pd.concat([sightings(), sightings("S3", delay=2)]))
    frame = make(days=120).assign(service_provider_name="AWS", service_name="S3")
    for age, share in enumerate((0, 0, *ARRIVES)):
        frame.loc[119 - age, "y"] *= share
    scaled = mature(frame, curve, {"AWS": frame["ds"].iloc[-1].date()})
    assert scaled["ds"].max() == frame["ds"][116], "40 % is less than half"
    assert not detect(scaled)["flag"].any()


def test_a_finding_on_a_young_day_compares_what_has_arrived_with_as_much(make: Make) -> None:
    frame = late(make).assign(sub_account_id="1", billing_currency="USD")
    frame.loc[118, "y"] *= 2.5
    frame["cost"] = [to_money(value) for value in frame["y"].tolist()]
    scaled = mature(frame, arrival_curve(sightings()), {"AWS": frame["ds"].iloc[-1].date()})
    told = to_findings(detect(scaled), scaled, date(2026, 1, 1))
    (found,) = in_words(told, pd.DataFrame(columns=DRIVER_COLUMNS)).to_dict("records")
    assert found["arrived_share"] == pytest.approx(0.8)
    assert found["actual_cost"] == frame["cost"][118], "exact money is never scaled"
    assert float(found["actual_cost"] / found["expected_cost"]) == pytest.approx(2.5, rel=0.05)
    assert found["why"].endswith("Of the last day about 80% has arrived.")


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
