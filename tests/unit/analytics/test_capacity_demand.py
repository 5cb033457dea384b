"""Demand forecasts: better than naive on real traces, and honest about bad histories."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration.analytics.capacity.demand import forecast_demand, gapless
from orchestration.analytics.detectors.grid import SeriesError
from orchestration.analytics.forecasting import COLUMNS, QUANTILES, RHYTHMS, Period

SAMPLE = Path(__file__).parents[2] / "fixtures" / "capacity" / "hourly_demand.csv"
DAY = 24


@pytest.fixture(scope="module")
def traces() -> dict[str, pd.DataFrame]:
    frame = pd.read_csv(SAMPLE, parse_dates=["ds"])
    frame["ds"] = frame["ds"].dt.tz_localize(None)
    return {str(name): one for name, one in frame.groupby("series_id")}


def test_hourly_forecasts_beat_repeating_the_last_day_in_the_mean(
    traces: dict[str, pd.DataFrame],
) -> None:
    ratios, covered = [], []
    for trace in traces.values():
        for back in (7 * DAY, 5 * DAY + 7, 3 * DAY + 13):
            past, truth = trace.iloc[:-back], trace.iloc[-back:].head(2 * DAY)["y"].to_numpy()
            made = forecast_demand(past, 2 * DAY, "hour")
            naive = np.tile(past["y"].to_numpy()[-DAY:], 2)
            error = np.abs(truth - made["p50"].to_numpy()).mean()
            ratios.append(error / np.abs(truth - naive).mean())
            covered.append(((truth >= made["p10"]) & (truth <= made["p90"])).mean())
    assert np.mean(ratios) < 0.95
    assert 0.6 <= np.mean(covered) <= 0.98


def test_hour_of_the_week_is_known_after_some_weeks() -> None:
    hours = pd.date_range("2026-08-31", periods=6 * 7 * DAY, freq="h")
    busy = (hours.hour >= 8) & (hours.hour < 18)
    y = np.where(busy & (hours.day_of_week < 5), 100.0, 10.0)
    frame = pd.DataFrame({"series_id": "office", "ds": hours, "y": y})
    made = forecast_demand(frame[frame["ds"] < "2026-10-09 18:00"], 3 * DAY, "hour")
    at_noon = made[made["ds"].dt.hour == 12].set_index("ds")["p50"]
    assert at_noon["2026-10-10 12:00"] < at_noon["2026-10-12 12:00"]


@pytest.mark.parametrize("period", ["hour", "day", "week"])
def test_forecast_has_the_contract_of_every_period(period: Period) -> None:
    step = pd.Timedelta(RHYTHMS[period].step)
    times = pd.date_range("2026-07-01", periods=400, freq=step)
    noise = np.random.default_rng(3).normal(0, 4, (2, 400))
    frame = pd.concat(
        pd.DataFrame({"series_id": name, "ds": times, "y": np.maximum(base + wobble, 0.0)})
        for name, base, wobble in (("a", 5.0, noise[0]), ("b", 500.0, noise[1]))
    )
    made = forecast_demand(frame, 40, period)
    assert list(made.columns) == COLUMNS
    assert made.groupby("series_id").size().to_dict() == {"a": 40, "b": 40}
    assert made["ds"].min() == times[-1] + step
    assert (made[QUANTILES].diff(axis=1).iloc[:, 1:] >= -1e-9).all().all()
    assert (made["p025"] >= 0).all()


def test_missing_hours_are_interpolated_and_doubled_ones_averaged() -> None:
    frame = pd.DataFrame(
        {
            "series_id": "a",
            "ds": ["2026-10-25T00:00Z", "2026-10-25T03:00+01:00", "2026-10-25T03:00+01:00"],
            "y": [1.0, 4.0, 6.0],
        }
    )
    assert gapless(frame, "hour")["y"].tolist() == [1.0, 3.0, 5.0]


def test_history_of_an_hour_gives_a_forecast_with_a_band() -> None:
    frame = pd.DataFrame({"series_id": "a", "ds": ["2026-10-25T00:00Z"], "y": [8.0]})
    made = forecast_demand(frame, 3, "hour")
    assert made["p50"].tolist() == [8.0, 8.0, 8.0]
    assert (made["p90"] > made["p50"]).all()


def test_no_history_gives_no_forecast() -> None:
    empty = pd.DataFrame({"series_id": [], "ds": [], "y": []})
    assert forecast_demand(empty, 3, "hour").empty


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_value_that_is_no_demand_is_named(value: float) -> None:
    frame = pd.DataFrame({"series_id": "web", "ds": ["2026-10-25"], "y": [value]})
    with pytest.raises(SeriesError, match=r"series 'web' at 2026-10-25.*leave the hour out"):
        forecast_demand(frame, 3, "hour")


def test_frame_without_a_column_and_odd_requests_are_refused() -> None:
    with pytest.raises(SeriesError, match="column 'y' is missing"):
        forecast_demand(pd.DataFrame({"series_id": [], "ds": []}), 3, "hour")
    with pytest.raises(ValueError, match="choose one of hour, day"):
        forecast_demand(pd.DataFrame(), 3, "minute")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        forecast_demand(pd.DataFrame(), 0, "hour")


def test_weeks_are_counted_back_from_the_last_day() -> None:
    """So a series may end on any weekday, and a day off the beat belongs to its week."""
    frame = pd.DataFrame(
        {
            "series_id": "a",
            "ds": ["2026-10-02", "2026-10-09", "2026-10-22", "2026-10-23"],
            "y": [1.0, 2.0, 5.0, 7.0],
        }
    )
    weeks = gapless(frame, "week")
    assert weeks["ds"].dt.strftime("%m-%d").tolist() == ["10-02", "10-09", "10-16", "10-23"]
    assert weeks["y"].tolist() == [1.0, 2.0, 4.0, 6.0]
