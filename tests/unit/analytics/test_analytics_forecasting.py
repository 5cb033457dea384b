"""Promises of `forecast` and `backtest`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.analytics.detectors import SeriesError
from orchestration.analytics.forecasting import (
    CORRECTED,
    MODELS,
    QUANTILES,
    RHYTHMS,
    backtest,
    forecast,
    model,
)
from orchestration.analytics.forecasting.boosted import LEAST_SERIES, collect
from orchestration.analytics.forecasting.conformal import calibrate
from orchestration.analytics.forecasting.difficulty import learn
from orchestration.analytics.forecasting.level import rebased, stopped
from orchestration.analytics.forecasting.models import median_of_all
from orchestration.analytics.forecasting.panel import to_panel
from orchestration.analytics.forecasting.rolling import Fold

# pandas-stubs reject arithmetic on a .loc selection, so frames are Any in these tests.
Frame = Any
Make = Callable[..., Frame]
DAILY = RHYTHMS["day"]
REFERENCE = DAILY.reference


def many(make: Make, count: int, **kwargs: float) -> Frame:
    return pd.concat([make(f"s{i}", seed=i, **kwargs) for i in range(count)], ignore_index=True)


def test_quantiles_are_ordered_nonnegative_and_days_follow_the_history(make: Make) -> None:
    frame = many(make, 4, noise=0.6, level=3.0)
    out = forecast(frame, 90)
    assert out.columns.tolist() == ["series_id", "ds", *QUANTILES, "model"]
    assert (np.diff(out[QUANTILES].to_numpy(), axis=1) >= 0).all()
    assert (out[QUANTILES].to_numpy() >= 0).all()
    assert out.groupby("series_id").size().tolist() == [90] * 4
    assert (out.groupby("series_id")["ds"].min() == frame["ds"].max() + pd.Timedelta(days=1)).all()


def test_weekday_profile_is_kept(make: Make) -> None:
    out = forecast(make(days=420), 28)
    weekend = out["ds"].dt.day_of_week >= 5
    assert out[weekend]["p50"].mean() == pytest.approx(70, rel=0.05)
    assert out[~weekend]["p50"].mean() == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize("left", [0, 1])
def test_a_fee_of_the_end_of_the_month_is_expected_in_months_of_any_length(
    make: Make, left: int
) -> None:
    frame = make(days=440)  # to the middle of March
    frame.loc[frame["ds"].dt.days_in_month - frame["ds"].dt.day == left, "y"] += 500
    out = forecast(frame, 120)
    fees = out[out["p50"] > 450]["ds"]
    assert [day.month for day in fees] == [3, 4, 5, 6]
    assert (fees.dt.days_in_month - fees.dt.day == left).all()


def test_recurring_monthly_fee_is_expected_on_its_day(make: Make) -> None:
    frame = make(days=420)
    frame.loc[frame["ds"].dt.day == 1, "y"] += 500
    out = forecast(frame, 60)
    first = out["ds"].dt.day == 1
    assert (out[first]["p50"] > 450).all()
    assert (out[~first]["p50"] < 150).all()


def test_intervals_cover_about_what_they_say(make: Make) -> None:
    rng = np.random.default_rng(5)
    parts: list[Frame] = []
    for i in range(40):
        frame = make(f"s{i}", days=480, noise=0.05, seed=i)
        frame["y"] *= np.exp(np.cumsum(0.01 * rng.standard_normal(480)))
        parts.append(frame)
    frame = pd.concat(parts, ignore_index=True)
    cut = frame["ds"].min() + pd.Timedelta(days=420)
    out = forecast(frame[frame["ds"] < cut], 60).merge(frame, on=["series_id", "ds"])
    inside80 = ((out["y"] >= out["p10"]) & (out["y"] <= out["p90"])).mean()
    inside95 = ((out["y"] >= out["p025"]) & (out["y"] <= out["p975"])).mean()
    assert 0.68 <= inside80 <= 0.92
    assert 0.88 <= inside95 <= 1.0


@pytest.mark.parametrize(("series", "ratio"), [(24, 1.3), (LEAST_SERIES - 1, 1.0)])
def test_where_models_disagree_as_they_did_before_errors_more_is_expected(
    make: Make, series: int, ratio: float
) -> None:
    panel = to_panel(many(make, series, days=200))
    apart = np.where(np.arange(series) % 2, 3.0, 1.0)[:, None]
    said, usual = np.zeros((series, 30)), np.ones(series)
    draw = np.random.default_rng(0)
    folds = []
    for cut in (90, 60, 30, 0):
        error = apart * draw.standard_normal(said.shape) if cut else np.full_like(said, np.nan)
        paths = dict.fromkeys(MODELS["day"], said + apart)
        folds.append(Fold(cut, error, paths, usual, usual))
    now = learn(panel, folds, [said] * len(folds), np.ones(len(folds)), DAILY)[-1]
    assert now[1::2].min() >= ratio * now[::2].max()


def test_old_errors_count_less_than_new_ones() -> None:
    calm, wild = (spread * np.linspace(-1, 1, 201)[None, :, None] for spread in (1.0, 10.0))
    errors = np.concatenate([calm, wild])
    equal, mostly_calm = (
        calibrate(errors, 1, (0.9,), weights).offsets[0, 0]
        for weights in (np.array([1.0, 1.0]), np.array([1.0, 0.1]))
    )
    assert equal == calibrate(errors, 1, (0.9,)).offsets[0, 0]
    assert 0.8 < mostly_calm < 1.5
    assert equal > 5


def test_intervals_never_narrow_with_the_horizon(make: Make) -> None:
    out = forecast(make(days=420, level=1000.0), 90)
    assert (np.diff((out["p90"] - out["p50"]).to_numpy()) >= -1e-6).all()


def test_a_model_that_does_not_beat_seasonal_naive_is_not_used(make: Make) -> None:
    """An exactly repeating week leaves nothing to win."""
    out = forecast(make(days=420, noise=0.0), 30)
    assert set(out["model"]) == {REFERENCE}
    noisy = forecast(many(make, 5, days=420, noise=0.3), 30)
    assert not noisy["model"].str.contains(REFERENCE).any()


def yearly(make: Make, count: int, days: int = 1100) -> Frame:
    """Series that fall and rise with the same year, which no plain model knows."""
    frame = many(make, count, days=days, noise=0.02)
    season = 2 * np.pi * frame["ds"].dt.day_of_year / 365.25
    frame["y"] *= 1 + 0.4 * np.sin(season)
    return frame


def test_what_all_series_share_is_learned_from_all_of_them(make: Make) -> None:
    frame = yearly(make, 12)
    end = frame["ds"].max() - pd.Timedelta(days=90)
    out = forecast(frame[frame["ds"] <= end], 90)
    assert {name.split("+")[0] for name in out["model"]} == {CORRECTED}
    truth = out.merge(frame, on=["series_id", "ds"])
    plain = median_of_all(to_panel(frame[frame["ds"] <= end]), 90).ravel()
    missed = (truth["p50"] - truth["y"]).abs().mean()
    assert missed < 0.8 * np.abs(plain - truth["y"].to_numpy()).mean()


def test_a_lesson_is_not_learned_before_its_actual_was_known(make: Make) -> None:
    frame = yearly(make, 12)
    later = frame.copy()
    later.loc[later["ds"] > later["ds"].max() - pd.Timedelta(days=120), "y"] *= 7
    paths = []
    for one in (frame, later):
        panel = to_panel(one)
        lessons = collect(panel, 90, DAILY)
        assert lessons is not None
        past = panel.cut(120)
        paths.append(lessons.corrected(past, median_of_all(past, 90)))
    assert paths[0] is not None
    np.testing.assert_array_equal(paths[0], paths[1])


def test_few_series_teach_nothing_general(make: Make) -> None:
    frame = yearly(make, LEAST_SERIES - 1)
    assert collect(to_panel(frame), 90, DAILY) is None
    assert not forecast(frame, 30)["model"].str.contains(CORRECTED).any()


@pytest.mark.parametrize("days", [1, 3, 10, 40, 100])
def test_short_histories_get_finite_forecasts(make: Make, days: int) -> None:
    out = forecast(make(days=days), 180)
    assert len(out) == 180
    assert np.isfinite(out[QUANTILES].to_numpy()).all()


def test_series_of_different_ages_share_one_call(make: Make) -> None:
    frame: Frame = pd.concat([make("old", days=420), make("young", days=20, seed=2)])
    out = forecast(frame, 30)
    assert np.isfinite(out[QUANTILES].to_numpy()).all()
    assert out[out["series_id"] == "young"]["model"].unique().tolist() == [REFERENCE]


@pytest.mark.parametrize("days", [1, 5, 20])
def test_a_new_series_among_old_ones_is_not_forecast_as_if_it_were_certain(
    make: Make, days: int
) -> None:
    young = make("young", days=400, seed=9, noise=0.05).tail(days)
    out = forecast(pd.concat([many(make, 3, days=400, noise=0.05), young]), 60)
    near = out[out["series_id"] == "young"].head(30)
    assert ((near["p975"] - near["p025"]) / near["p50"]).mean() > 0.05


def test_backtest_judges_every_model_out_of_sample_at_six_origins(make: Make) -> None:
    rows = backtest(many(make, 3, days=420, noise=0.1))
    assert set(rows["model"]) == set(MODELS["day"])
    origins = rows.groupby(["series_id", "model", "horizon_days"])["cutoff"].nunique()
    assert (origins == 6).all()
    assert set(rows["horizon_days"]) == {30, 90, 180}
    assert (rows["points"] == rows["horizon_days"]).all()
    assert rows["wape"].between(0, 1).all()
    assert rows["coverage_80"].between(0, 1).all()
    assert (rows["coverage_80"] <= rows["coverage_95"]).all()
    naive = rows[rows["model"] == REFERENCE]["mase"].mean()
    assert rows[rows["model"] == "damped_theta"]["mase"].mean() < naive


def test_backtest_of_a_short_history_has_the_folds_it_can_have(make: Make) -> None:
    rows = backtest(make(days=100), horizons=(30, 90))
    assert set(rows["horizon_days"]) == {30}
    assert backtest(make(days=20)).empty


def test_forecasts_are_deterministic(make: Make) -> None:
    frame = many(make, 3, days=200, noise=0.2)
    pd.testing.assert_frame_equal(forecast(frame, 30), forecast(frame, 30))
    pd.testing.assert_frame_equal(backtest(frame, (30,)), backtest(frame, (30,)))


def test_gaps_and_senseless_horizons_are_refused(make: Make) -> None:
    with pytest.raises(SeriesError):
        forecast(make().drop(index=9), 30)
    with pytest.raises(ValueError, match="at least 1"):
        forecast(make(), 0)


def test_a_model_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        model(REFERENCE, "day")(MODELS["day"][REFERENCE])


def test_a_series_that_is_negative_is_forecast_negative(make: Make) -> None:
    """Credits have series of their own."""
    frame = make(days=200)
    frame["y"] *= -1
    assert (forecast(frame, 30)["p50"] < -50).all()


def test_series_that_was_silent_for_months_blows_up_nobodys_band(make: Make) -> None:
    steady = make("steady", days=500)
    sparse = make("sparse", days=500)
    sparse.loc[(sparse.index > 20) & (sparse.index < 470), "y"] = 0.0
    predicted = forecast(pd.concat([steady, sparse], ignore_index=True), 90)
    assert predicted["p975"].max() < 100 * steady["y"].max()


@pytest.mark.parametrize("others", [0, 11])
def test_a_drop_that_lasts_moves_the_level(make: Make, others: int) -> None:
    """The median of twelve weeks, mostly from before the drop, must not draw it back."""
    dropped = make("dropped", days=420, noise=0.1)
    before = dropped["y"].iloc[-58:-30].mean()
    dropped.loc[dropped.index >= 390, "y"] *= 0.5
    parts = [make(f"s{i}", days=420, noise=0.1, seed=i) for i in range(others)]
    frame: Frame = pd.concat([dropped, *parts], ignore_index=True)
    out = forecast(frame, 90)
    path = out[out["series_id"] == "dropped"]["p50"]
    assert path.iloc[:30].mean() == pytest.approx(0.5 * before, rel=0.08)
    assert path.iloc[-30:].mean() == pytest.approx(0.5 * before, rel=0.08)


def test_a_drop_on_its_way_back_and_a_slope_leave_the_history_alone() -> None:
    day = np.arange(200.0)
    halved = np.where(day < 160, 100.0, 50.0)
    back = np.where(day < 160, 100.0, 50.0 + 0.6 * (day - 160))
    slope = 100.0 - 0.4 * day
    level = np.stack([halved, back, slope])
    moved = rebased(level, level)
    np.testing.assert_allclose(moved[0], 50.0)
    np.testing.assert_array_equal(moved[1:], level[1:])


@pytest.mark.parametrize("others", [0, 11])
@pytest.mark.parametrize("silent", [14, 20, 40])
def test_a_service_that_has_stopped_does_not_come_back(
    make: Make, others: int, silent: int
) -> None:
    gone = make("gone", days=420, noise=0.1)
    gone.loc[gone["ds"].dt.day == 1, "y"] += 500
    gone.loc[gone.index < 100, "y"] = 0.0
    gone.loc[gone.index >= 420 - silent, "y"] = 0.0
    parts = [make(f"s{i}", days=420, noise=0.1, seed=i) for i in range(others)]
    frame: Frame = pd.concat([gone, *parts], ignore_index=True)
    out = forecast(frame, 180).query("series_id == 'gone'")
    assert (out["p50"] == 0).all()
    assert (out[["p025", "p10"]] == 0).all(axis=None)
    assert (out["p90"] >= 0).all()


@pytest.mark.parametrize(
    "there",
    [
        lambda frame: frame.index % 28 < 8,
        lambda frame: frame.index < 407,
        lambda frame: (frame.index >= 390) & (frame.index < 400),
        lambda frame: frame["ds"].dt.day == 1,
    ],
    ids=["often silent", "silent for less than a fortnight", "tried", "monthly"],
)
def test_what_is_often_silent_or_was_just_now_has_not_stopped(make: Make, there: Any) -> None:
    frame = make(days=420)
    frame["y"] = frame["y"].where(there(frame), 0.0)
    assert not stopped(to_panel(frame)).any()
    if frame["y"].iloc[-28:].any():
        assert forecast(frame, 60)["p90"].max() > 0


def test_intervals_are_taken_from_all_the_past_there_is(make: Make) -> None:
    """A rise of more than a year ago counts: it may come again."""
    calm = make("one", days=730, noise=0.02)
    rose = calm.copy()
    rose.loc[rose.index < 250, "y"] /= 3
    highest = [forecast(frame, 60)["p975"].mean() for frame in (calm, rose)]
    assert highest[1] > 1.2 * highest[0]


def test_other_levels_are_asked_by_name_and_lie_in_order(make: Make) -> None:
    out = forecast(many(make, 3, days=420, noise=0.2), 30, (0.1, 0.25, 0.75, 0.9))
    assert out.columns.tolist()[2:-1] == ["p10", "p25", "p50", "p75", "p90"]
    assert (np.diff(out[out.columns[2:-1]].to_numpy(), axis=1) >= 0).all()
