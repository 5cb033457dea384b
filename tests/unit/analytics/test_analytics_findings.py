"""Promises of `to_findings`: one row per incident, stable identity, exact money, a readable why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.analytics.detectors import detect
from orchestration.analytics.findings import COLUMNS, to_findings
from orchestration.analytics.money import to_money

# pandas-stubs reject arithmetic on a .loc selection, so frames are Any in these tests.
Frame = Any
Make = Callable[..., Frame]
AS_OF = date(2025, 12, 31)


def as_series(frame: Frame) -> Frame:
    return frame.assign(
        service_provider_name="AWS",
        sub_account_id="1",
        service_name="AmazonEC2",
        billing_currency="USD",
        cost=[to_money(v) for v in frame["y"].tolist()],
    )


def findings(frame: Frame) -> Frame:
    series = as_series(frame)
    return to_findings(detect(series[["series_id", "ds", "y"]]), series, AS_OF)


def test_a_spike_is_one_resolved_finding_with_its_money(make: Make) -> None:
    frame = make()
    frame.loc[200, "y"] += 150
    found = findings(frame)
    assert found.columns.tolist() == COLUMNS
    row = found.iloc[0]
    assert len(found) == 1
    assert (row["kind"], row["status"]) == ("spike", "resolved")
    assert row["first_seen"] == row["last_seen"] == frame["ds"][200].date()
    assert row["impact_cost"] == row["actual_cost"] - row["expected_cost"]
    assert abs(row["impact_cost"] - 150) < 10
    assert all(
        isinstance(row[name], Decimal) and row[name].as_tuple().exponent == -12
        for name in ("expected_cost", "actual_cost", "impact_cost")
    )


def test_a_spike_on_the_last_day_is_still_open(make: Make) -> None:
    frame = make()
    frame.loc[299, "y"] += 150
    assert findings(frame)["status"].tolist() == ["open"]


def test_a_level_shift_is_one_finding_that_keeps_growing_while_open(make: Make) -> None:
    frame = make()
    frame.loc[285:, "y"] += 60
    early, late = findings(frame[:290]).iloc[0], findings(frame).iloc[0]
    assert early["finding_id"] == late["finding_id"]
    assert late["kind"] == "level_shift"
    assert late["status"] == "open"
    assert late["impact_cost"] > early["impact_cost"]
    assert abs(late["impact_cost"] - 15 * 60) < 90


def test_a_new_level_is_accepted_after_four_weeks(make: Make) -> None:
    frame = make()
    frame.loc[200:, "y"] += 60
    row = findings(frame).iloc[0]
    assert row["status"] == "resolved"
    assert (row["last_seen"] - row["first_seen"]).days == 27


def test_a_fee_inside_a_level_shift_is_not_its_impact(make: Make) -> None:
    frame = make()
    frame.loc[frame["ds"].dt.day == 1, "y"] += 80
    frame.loc[270:, "y"] += 60
    row = findings(frame).iloc[0]
    days = (row["last_seen"] - row["first_seen"]).days + 1
    assert frame["ds"][273].day == 1, "the fee falls into the incident"
    assert abs(row["impact_cost"] - 60 * days) < 70


def test_a_drop_begins_on_its_first_day_and_saves_money(make: Make) -> None:
    frame = make()
    frame.loc[200:206, "y"] = 1.0
    row = findings(frame).iloc[0]
    assert row["kind"] == "drop"
    assert row["first_seen"] == frame["ds"][200].date()
    assert row["last_seen"] == frame["ds"][206].date()
    assert row["impact_cost"] < -500


def test_new_spend_counts_in_full(make: Make) -> None:
    frame = make()
    frame.loc[:284, "y"] = 0.0
    row = findings(frame).iloc[0]
    assert row["kind"] == "new_spend"
    assert row["expected_cost"] == 0
    assert row["impact_cost"] == row["actual_cost"]
    assert row["why"].startswith("New spend: AmazonEC2 in account 1 (AWS) costs $")


def test_small_change_is_no_finding(make: Make) -> None:
    series = as_series(make(level=1.0))
    series.loc[200, "y"] += 0.9
    series.loc[200, "cost"] = to_money(float(series.loc[200, "y"]))
    judged = detect(series[["series_id", "ds", "y"]])
    assert judged["flag"].sum() == 1
    assert to_findings(judged, series, AS_OF).empty
    assert len(to_findings(judged, series, AS_OF, least_impact=Decimal("0.5"))) == 1


def test_largest_impact_comes_first_and_ids_differ(make: Make) -> None:
    small, large = make("a"), make("b", level=1000)
    small.loc[200, "y"] += 150
    large.loc[210, "y"] += 3000
    found = findings(pd.concat([small, large], ignore_index=True))
    assert found["series_id"].tolist() == ["b", "a"]
    assert found["finding_id"].is_unique


def test_no_alarm_gives_an_empty_table_with_all_columns(make: Make) -> None:
    found = findings(make())
    assert found.empty
    assert found.columns.tolist() == COLUMNS
