"""What a month will have cost by its end: what is known of it, and what is still to come.

The interval of a month is not its days' added up, which would assume that all days err together;
it comes from the errors that sums over as many days, as far ahead, made at earlier origins.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pandas as pd

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.conformal import LEVELS
from orchestration.analytics.forecasting.forecaster import HORIZONS, Fitted, column
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.rolling import nonnegative_floor
from orchestration.analytics.money import to_money
from orchestration.analytics.series import FORECAST_KEYS

MONTHS = ["series_id", "month", "cutoff", "known_cost", "p025", "p10", "p50", "p90", "p975"]


def month_totals(
    frame: pd.DataFrame, rows: pd.DataFrame, panel: Panel, fitted: Fitted
) -> pd.DataFrame:
    """MONTHS of each series, from the month of its first unknown day to the last whole one.

    `frame` has series_id, ds and cost (Decimal); `rows` its forecast, with p50 as exact money.
    `known_cost` is what the month cost up to `cutoff`, the last known day, and is part of all else.
    """
    costs = frame.assign(month=_month(frame["ds"])).groupby(["series_id", "month"])["cost"].sum()
    known = costs.to_dict()
    ahead = rows.assign(month=_month(rows["ds"]))
    expected = ahead.groupby(["series_id", "month"])["p50"].sum().to_dict()
    floor = nonnegative_floor(panel)
    residuals, horizon = fitted.residuals(), fitted.middle.shape[1]
    offsets: dict[tuple[int, int], Floats] = {}
    out = []
    for place, series_id in enumerate(panel.series_ids):
        end = pd.Timestamp(panel.end[place])
        for month, first, last in _spans(end, horizon):
            if (first, last) not in offsets:
                offsets[first, last] = _offsets(fitted, residuals[:, :, first - 1 : last])
            so_far = known.get((series_id, month), Decimal(0))
            middle = so_far + expected[series_id, month]
            days = last - first + 1
            least = float(so_far) + days * floor[place]
            width = fitted.scale[place] * days * offsets[first, last]
            band = {
                column(level): to_money(max(float(middle) + offset, least))
                for level, offset in zip(LEVELS, width.tolist(), strict=True)
            }
            out.append(
                {"series_id": series_id, "month": month, "cutoff": end, "known_cost": so_far}
                | band
                | {"p50": middle}
            )
    return pd.DataFrame(out, columns=MONTHS)


def purchase_months(
    daily: pd.DataFrame,
    due: pd.DataFrame,
    complete: Mapping[str, date],
    horizon: int = HORIZONS[-1],
) -> pd.DataFrame:
    """FORECAST_KEYS, month, cutoff, known_cost and p50 of what is bought in the months ahead.

    `daily` has what was bought so far: FORECAST_KEYS, charge_date and billed_cost (Decimal); `due`
    what is to come (SCHEDULE).
    """
    keys = list(FORECAST_KEYS)
    bought = daily.assign(ds=pd.to_datetime(daily["charge_date"]))
    cutoffs = bought["service_provider_name"].map(dict(complete)).astype("datetime64[ns]")
    bought = bought[bought["ds"] <= cutoffs]
    known, coming = (
        costs.assign(month=_month(pd.to_datetime(costs["ds"])))
        .groupby([*keys, "month"])[name]
        .sum()
        .to_dict()
        for costs, name in ((bought, "billed_cost"), (due, "p50"))
    )
    rows = []
    for provider, currency in bought[keys].drop_duplicates().itertuples(index=False):
        end = pd.Timestamp(complete[provider])
        for month, _, _ in _spans(end, horizon):
            so_far = known.get((provider, currency, month), Decimal(0))
            middle = so_far + coming.get((provider, currency, month), Decimal(0))
            rows.append((provider, currency, month, end, so_far, middle))
    return pd.DataFrame(rows, columns=[*keys, "month", "cutoff", "known_cost", "p50"])


def _spans(end: pd.Timestamp, horizon: int) -> list[tuple[pd.Timestamp, int, int]]:
    """Months that end within the horizon: the first of each, and its steps that are to come."""
    spans, first = [], 1
    while first <= horizon:
        day = end + pd.Timedelta(days=first)
        last = first + day.days_in_month - day.day
        if last <= horizon:
            spans.append((day - pd.Timedelta(days=day.day - 1), first, last))
        first = last + 1
    return spans


def _offsets(fitted: Fitted, residuals: Floats) -> Floats:
    """Quantiles of the mean error over the steps, in units of a series' scale: by level."""
    return fitted.bands(residuals.mean(axis=2, keepdims=True), 1).offsets[:, 0]


def _month(days: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    return days - pd.to_timedelta(days.dt.day - 1, unit="D")
