"""Promises of `to_findings`: one row per incident, stable identity, exact money; and
of `in_words`: a readable why."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from orchestration.analytics.detectors import detect
from orchestration.analytics.explain import COLUMNS as DRIVER_COLUMNS
from orchestration.analytics.findings import COLUMNS, to_findings
from orchestration.analytics.money import to_money
from orchestration.analytics.sentences import in_words

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


def why(found: Frame) -> str:
    text: str = in_words(found, pd.DataFrame(columns=DRIVER_COLUMNS)).iloc[0]["why"]
    return text


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
    found = findings(frame)
    row = found.iloc[0]
    assert row["kind"] == "new_spend"
    assert row["expected_cost"] == 0
    assert row["impact_cost"] == row["actual_cost"]
    assert why(found).startswith("New spend: AmazonEC2 in account 1 (AWS) costs $")


def test_a_monthly_bill_that_doubles_is_held_against_the_months_before(make: Make) -> None:
    """Its weeks between are silent, so a rule takes it for new spend; it is none."""
    frame = make(days=365)
    first = frame["ds"].dt.day == 1
    frame["y"] = first * 3000.0
    frame.loc[frame.index[first][-1], "y"] = 6000.0
    found = findings(frame).sort_values("first_seen")[-1:]
    row = found.iloc[0]
    assert row["kind"] == "spike"
    assert (row["expected_cost"], row["impact_cost"]) == (3000, 3000)
    assert "cost $6,000.00 on" in why(found)
    assert "not the expected $3,000.00" in why(found)


def test_a_discount_that_grows_is_no_new_spend(make: Make) -> None:
    frame = make(noise=0.005)
    frame["y"] = -frame["y"] * (1 + 0.7 * (frame["ds"] >= "2025-09-01"))
    row = findings(frame).iloc[0]
    assert row["kind"] == "level_shift"
    assert row["impact_cost"] < 0


def test_new_spend_of_one_day_is_told_as_of_that_day(make: Make) -> None:
    frame = make()
    frame["y"] = 0.0
    frame.loc[280, "y"] = 500.0
    assert f"cost $500.00 on {frame['ds'][280].date()}, after four weeks" in why(findings(frame))


def test_yen_are_told_without_decimals(make: Make) -> None:
    series = as_series(make()).assign(billing_currency="JPY")
    series.loc[200, "y"] += 150
    series.loc[200, "cost"] = to_money(float(series.loc[200, "y"]))
    found = to_findings(detect(series[["series_id", "ds", "y"]]), series, AS_OF)
    assert re.search(r"cost \d+ JPY on .*, not the expected \d+ JPY\.", why(found))


def test_small_change_is_no_finding(make: Make) -> None:
    series = as_series(make(level=1.0))
    series.loc[200, "y"] += 0.9
    series.loc[200, "cost"] = to_money(float(series.loc[200, "y"]))
    judged = detect(series[["series_id", "ds", "y"]])
    assert judged["flag"].sum() == 1
    assert to_findings(judged, series, AS_OF).empty
    assert len(to_findings(judged, series, AS_OF, least_impact=Decimal("0.5"))) == 1


@pytest.mark.parametrize(("currency", "told"), [("EUR", 1), ("CHF", 1), ("JPY", 0), ("XYZ", 1)])
def test_what_is_small_change_depends_on_the_currency(make: Make, currency: str, told: int) -> None:
    series = as_series(make(level=10.0)).assign(billing_currency=currency)
    series.loc[200, "y"] += 50
    series.loc[200, "cost"] = to_money(float(series.loc[200, "y"]))
    judged = detect(series[["series_id", "ds", "y"]])
    assert len(to_findings(judged, series, AS_OF)) == told


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


def test_an_incident_keeps_its_name_on_every_evening_of_its_life(make: Make) -> None:
    """Judged as of each evening from the first day on: opened, growing, resolved, one identity."""
    frame = make(days=230)
    frame.loc[200:206, "y"] += 60
    lives = []
    for evening in (200, 201, 203, 206, 208, 211, 229):
        found = findings(frame[: evening + 1])
        assert len(found) == 1
        lives.append(found.iloc[0])
    assert len({row["finding_id"] for row in lives}) == 1
    assert len({(row["first_seen"], row["detected_on"]) for row in lives}) == 1
    assert [row["state"] for row in lives] == [
        "opened", "growing", "growing", "growing", "growing", "resolved", "resolved",
    ]  # fmt: skip
    impacts = [row["impact_cost"] for row in lives]
    assert impacts[:4] == sorted(impacts[:4])
    assert impacts[0] < impacts[3] == impacts[-1]


def alarmed(frame: Frame, *days: int) -> Frame:
    """Findings where a detector alarmed on exactly these days."""
    series = as_series(frame)
    judged: Any = detect(series[["series_id", "ds", "y"]]).assign(flag=False)
    for day in days:
        judged.loc[day, ["flag", "kind", "detectors", "score"]] = [True, "spike", "weekday", 2.0]
        judged.loc[day, "onset"] = judged.loc[day, "ds"]
    return to_findings(judged, series, AS_OF)


def test_what_comes_back_within_a_fortnight_is_the_same_incident_reopened(make: Make) -> None:
    frame = make()
    for day in (280, 290):
        frame.loc[day : day + 1, "y"] += 150
    first, again = alarmed(frame[:288], 280).iloc[0], alarmed(frame[:292], 280, 290)
    assert len(again) == 1
    row = again.iloc[0]
    assert (row["finding_id"], row["state"], row["reopened"]) == (
        first["finding_id"], "reopened", 1,
    )  # fmt: skip
    assert first["state"] == "resolved"
    assert abs(row["impact_cost"] - 600) < 40, "the quiet days between count nothing"


def test_what_comes_back_later_or_the_other_way_is_another_incident(make: Make) -> None:
    later, opposite = make(), make()
    later.loc[[230, 250], "y"] += 150
    opposite.loc[240, "y"] += 150
    opposite.loc[246, "y"] -= 60
    assert len(alarmed(later, 230, 250)) == 2
    assert len(alarmed(opposite, 240, 246)) == 2


def test_an_open_finding_tells_what_a_month_costs_and_how_late_it_was_seen(make: Make) -> None:
    frame = make()
    frame.loc[288:, "y"] += 60
    row = findings(frame).iloc[0]
    assert abs(row["monthly_cost"] - 60 * Decimal("30.4375")) < 100
    assert row["delay_days"] == (row["detected_on"] - row["first_seen"]).days
    closed = make()
    closed.loc[200, "y"] += 150
    assert findings(closed).iloc[0]["monthly_cost"] is None
