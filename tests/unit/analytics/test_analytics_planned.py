"""Promises of the calendar: it sets aside what its owner announced, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from orchestration.analytics.detectors import detect
from orchestration.analytics.planned import (
    CalendarError,
    announced_costs,
    read_calendar,
    set_aside,
)

Frame = Any
Make = Callable[..., Frame]
AS_OF = date(2025, 10, 1)


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "event_id": "load-test",
        "owner": "checkout",
        "reason": "the yearly load test",
        "starts_on": "2025-07-20",
        "ends_on": "2025-07-21",
        "expires_on": "2026-01-01",
    } | changes


@pytest.fixture
def spiked(make: Make) -> Frame:
    frame = make().assign(service_provider_name="AWS", service_name="EC2", sub_account_id="1")
    frame = frame.assign(billing_currency="USD")
    assert str(frame["ds"][200].date()) == "2025-07-20"
    frame.loc[200, "y"] += 150
    return frame


def planned(frame: Frame, *entries: dict[str, Any], as_of: date = AS_OF) -> Frame:
    flags = detect(frame)
    assert flags["flag"][200], "without a calendar the day alarms"
    return set_aside(flags, frame, read_calendar(entries), as_of)


def test_an_announced_alarm_is_set_aside_and_says_by_what(spiked: Frame) -> None:
    result = planned(spiked, entry(service_name="EC2"))
    assert not result["flag"].any()
    assert result["planned"][200] == "load-test"
    assert result["planned"].notna().sum() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"service_name": "S3"},
        {"sub_account_id": "2"},
        {"ends_on": "2025-07-20", "starts_on": "2025-07-19"},
        {"starts_on": "2025-07-21", "ends_on": "2025-07-22"},
        {"direction": "less"},
        {"up_to": "100"},
        {"expires_on": "2025-10-01"},
    ],
)
def test_what_was_not_announced_still_alarms(spiked: Frame, changes: dict[str, Any]) -> None:
    result = planned(spiked, entry(**changes))
    assert result["flag"][200]
    assert result["planned"].isna().all()


def test_an_announced_amount_covers_up_to_it(spiked: Frame) -> None:
    assert not planned(spiked, entry(up_to="200", direction="more"))["flag"].any()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"owner": None}, "'load-test': owner is missing"),
        ({"expires_on": ""}, "expires_on is missing"),
        ({"starts_on": "20.07."}, "starts_on is '20.07.'; write it as YYYY-MM-DD"),
        ({"ends_on": "2025-07-20"}, "not after starts_on 2025-07-20"),
        ({"up_to": "lots"}, "up_to is 'lots'; give an amount"),
        ({"up_to": "NaN"}, "above zero"),
        ({"daily_cost": "some"}, "daily_cost is 'some'; give an amount"),
        ({"daily_cost": "5"}, "a daily_cost needs service_provider_name"),
        (
            {"daily_cost": "5", "direction": "less"}
            | {"service_provider_name": "AWS", "billing_currency": "USD"},
            "daily_cost is 5, but its direction less",
        ),
        ({"direction": "up"}, "use more, less or any"),
        ({"servce_name": "EC2"}, "servce_name is not known"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(CalendarError, match=words):
        read_calendar([entry(**changes)])


def test_two_events_of_one_name_are_refused() -> None:
    with pytest.raises(CalendarError, match="listed twice"):
        read_calendar([entry(), entry()])


def test_an_event_of_a_known_amount_adds_it_to_its_own_forecast_until_it_expires() -> None:
    keys = pd.DataFrame(
        {"series_id": ["a", "b"], "service_provider_name": ["AWS", "AWS"],
         "billing_currency": ["USD", "EUR"]}
    )  # fmt: skip
    place = {"service_provider_name": "AWS", "billing_currency": "USD"}
    known = entry(**place, daily_cost="-12.5", direction="less", ends_on="2025-07-22")
    events = read_calendar([known, entry(event_id="of no known amount", **place)])
    rows = announced_costs(keys, events, date(2025, 7, 1))
    assert rows["series_id"].tolist() == ["a", "a"]
    assert [str(day.date()) for day in rows["ds"]] == ["2025-07-20", "2025-07-21"]
    assert rows["cost"].tolist() == [Decimal("-12.5")] * 2
    assert announced_costs(keys, events, date(2026, 1, 1)).empty
