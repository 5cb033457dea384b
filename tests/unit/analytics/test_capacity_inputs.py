"""Files of demand and forecasts: read exactly, or refused by row and field with a remedy."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.analytics.capacity.inputs import (
    Forecast,
    InputError,
    read_forecast,
    read_history,
)
from orchestration.analytics.capacity.target import Target, TargetError, read_targets, target_from

TABLE: dict[str, Any] = {
    "kind": "azure_scale_set", "environment": "production", "owner": "web", "series_id": "web",
    "metric": "requests", "period": "hour", "unit_capacity": "100", "headroom_pct": "0",
    "startup_minutes": 0, "min_units": 1, "max_units": 20, "step_limit": 20,
    "change_threshold_pct": "0", "cooldown_minutes": 0, "hourly_cost": "0.10",
    "currency": "USD", "monthly_budget": "100000",
}  # fmt: skip
HEAD = "series_id,ds,p50,p90\n"


def target(**changes: Any) -> Target:
    return target_from("web", TABLE | changes, "capacity.toml")


def read(folder: Path, text: str, name: str = "f.csv", **changes: Any) -> Forecast:
    file = folder / name
    file.write_text(text)
    return read_forecast(file, target(**changes))


def test_forecast_is_read_in_utc_and_in_order(tmp_path: Path) -> None:
    text = HEAD + "web,2026-10-25T03:00:00+01:00,2,3\nother,x,y,z\nweb,2026-10-25T02:00+02:00,1,2\n"
    found = read(tmp_path, text)
    assert [(p.at, p.expected, p.demand) for p in found.points] == [
        (datetime(2026, 10, 25, 0, tzinfo=UTC), 1.0, 2.0),
        (datetime(2026, 10, 25, 2, tzinfo=UTC), 2.0, 3.0),
    ]
    assert found.source == "f.csv"


def test_json_says_the_same_as_csv(tmp_path: Path) -> None:
    rows = [{"ds": "2026-10-25T00:00Z", "p50": 1, "p90": 2.5, "as_of": "2026-10-24T06:00:00Z"}]
    found = read(tmp_path, json.dumps(rows), "f.json")
    assert found.points[0].demand == 2.5
    assert found.as_of == datetime(2026, 10, 24, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("web,2026-10-25T00:00Z,1,NaN", r"line 2: p90 is NaN; a demand is a number from 0"),
        ("web,2026-10-25T00:00Z,1,inf", r"line 2: p90 is inf"),
        ("web,2026-10-25T00:00Z,-1,2", r"line 2: p50 is -1"),
        ("web,2026-10-25T00:00Z,1,1e16", r"line 2: p90 is 1e16"),
        ("web,2026-10-25T00:00Z,1,many", r"line 2: p90 'many' is no number; write it as"),
        ("web,2026-10-25T00:00Z,1,1_000", r"line 2: p90 '1_000' is no number"),
        ("web,2026-10-25T00:00Z,1,", r"line 2: p90 is missing; fill it in"),
        ("web,soon,1,2", r"line 2: ds 'soon' is no time; write it as 2026"),
        ("web,2026-10-25T00:00Z,3,2", r"line 2: p90 2 is below p50 3"),
        ("web,2026-10-25T00:00Z,1,2,3", r"line 2: more cells than the header"),
        (
            "web,2026-10-25T02:00+02:00,1,2\nweb,2026-10-25T00:00Z,1,2",
            r"line 3: 2026-10-25T00:00Z is given twice, first in .*line 2; keep one",
        ),
        (
            "web,2026-10-25T00:00Z,1,2\nweb,2026-10-25T01:30Z,1,2",
            r"line 3: ds 2026-10-25T01:30:00Z is not a whole number of hours after the first",
        ),
        ("web,2026-10-25,1,2\nweb,2036-10-25,1,2", r"line 3: .* more than 8784 hours"),
        ("api,2026-10-25,1,2", r"no row of series 'web' \(there: api\); correct the target's"),
        (",2026-10-25,1,2", r"line 2: series_id is missing"),
        ('web,"2026-10-25,1,2', r"line 1: unexpected end of data; write plain CSV"),
    ],
)
def test_bad_row_is_named_with_field_and_remedy(tmp_path: Path, rows: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as error:
        read(tmp_path, HEAD + rows + "\n")
    assert str(error.value).startswith(str(tmp_path / "f.csv"))


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("f.csv", "", "no rows"),
        ("f.csv", HEAD, "no rows"),
        ("f.csv", "ds,p50\n2026-10-25,1\n", r"no column 'p90' \(there: ds, p50\); needed are"),
        ("f.csv", "ds,p50,p90,p90\n2026-10-25,1,2,9\n", r"line 1: 'p90' is given twice; keep one"),
        ("f.json", '[{"ds": "2026-10-25", "p50": 1, "p90": 2, "p90": 9}]', "'p90' is given twice"),
        ("f.json", "{", "not JSON"),
        ("f.json", '{"ds": 1}', "not a list"),
        ("f.json", "[1]", "row 1: not an object"),
        ("f.json", '[{"ds": "2026-10-25", "p50": null, "p90": 2}]', "row 1: p50 is missing"),
        ("f.json", '[{"ds": "2026-10-25", "p50": [1], "p90": 2}]', "row 1: p50 .* is no number"),
    ],
)
def test_file_that_is_no_forecast_is_refused(
    tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        read(tmp_path, text, name)


def test_two_forecasts_in_one_file_are_refused(tmp_path: Path) -> None:
    rows = "2026-10-25,1,2,2026-10-24\n2026-10-26,1,2,2026-10-23\n"
    with pytest.raises(InputError, match="line 3: as_of differs"):
        read(tmp_path, "ds,p50,p90,as_of\n" + rows)


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_forecast(tmp_path / "nowhere.csv", target())
    (tmp_path / "f.csv").write_bytes(b"ds,p50,p90\n\xff\xfe\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_forecast(tmp_path / "f.csv", target())


def test_history_without_a_series_is_named_after_its_file(tmp_path: Path) -> None:
    file = tmp_path / "web.csv"
    file.write_text("\ufeffds,y\n2026-10-25T02:00:00+02:00,5\n2026-10-25T01:00:00Z,6\n")
    found = read_history(file, "hour")
    assert found["series_id"].tolist() == ["web", "web"]
    assert found["ds"].dt.hour.tolist() == [0, 1]
    file.write_text("ds,y\n2026-10-25T02:00:00+02:00,5\n2026-10-25T00:00:00Z,6\n")
    with pytest.raises(InputError, match=r"line 3: web at 2026-10-25T00:00Z is of the same hour"):
        read_history(file, "hour")


@pytest.mark.parametrize(
    ("period", "times", "complaint"),
    [
        ("day", ["2026-10-25T00:00Z", "2026-10-25T01:00Z"], "line 3: .* the same day .*line 2"),
        ("hour", ["2026-10-25T00:00Z", "2026-10-25T00:30Z"], "line 3: .* the same hour .*line 2"),
        ("hour", ["2026-10-25", "2026-10-26"], "no two values of web are one hour apart, but 1 da"),
        ("hour", ["2026-10-25", "3026-10-25"], "line 3: ds '3026-10-25' is no time"),
    ],
)
def test_demand_of_another_period_is_refused(
    tmp_path: Path, period: Any, times: list[str], complaint: str
) -> None:
    file = tmp_path / "web.csv"
    file.write_text("ds,y\n" + "".join(f"{time},5\n" for time in times))
    with pytest.raises(InputError, match=complaint):
        read_history(file, period)


def test_days_of_local_time_are_days_across_a_change_of_the_clocks(tmp_path: Path) -> None:
    file = tmp_path / "web.csv"
    days = ("28T00:00+01:00", "29T00:00+01:00", "30T00:00+02:00", "31T00:00+02:00")
    file.write_text("ds,y\n" + "".join(f"2026-03-{day},5\n" for day in days))
    assert read_history(file, "day")["ds"].dt.day.tolist() == [27, 28, 29, 30]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "no .targets.NAME. table"), ("[", "not TOML"), ("targets = 1", "no .targets.NAME.")],
)
def test_file_of_targets_that_declares_none_is_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "capacity.toml"
    file.write_text(text)
    with pytest.raises(TargetError, match=complaint):
        read_targets(file)
    with pytest.raises(TargetError, match="cannot be read"):
        read_targets(tmp_path / "nowhere.toml")


def test_targets_of_the_demo_can_be_used() -> None:
    file = Path(__file__).parents[3] / "orchestration" / "demo" / "capacity.toml"
    assert set(read_targets(file)) == {"analytics-spark", "analytics-notebooks"}


@pytest.mark.parametrize(
    ("name", "changes", "complaint"),
    [
        ("../web", {}, "name: String should match pattern"),
        ("a/b", {}, "name: String should match pattern"),
        ("web", {"min_units": 0, "max_units": 0}, "max_units: Input should be greater than or"),
        ("web", {"max_units": 1001}, "more than the 1000 instances that an autoscale setting"),
    ],
)
def test_target_that_no_file_or_azure_could_hold_is_refused(
    name: str, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(TargetError, match=complaint):
        target_from(name, TABLE | changes, "capacity.toml")
