"""Small PNG pictures of a finding and of a forecast, for metadata and notifications."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from orchestration.analytics.findings import place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (7.2, 2.8)
DPI = 90
INK, ACCENT, ALARM, BAND = "#3b4252", "#2f6fb2", "#c0392b", "#9db8d6"
# Days shown around what matters.
HISTORY_DAYS = 90
TOP_DRIVERS = 4
QUANTILES = ("p025", "p10", "p50", "p90", "p975")


def finding_picture(finding: Mapping[Any, Any], series: pd.DataFrame, flags: pd.DataFrame) -> bytes:
    """PNG of one finding: cost, expectation, the days of the incident, where it began, why.

    `finding` is a row of platform.anomalies; `series` and `flags` (from `detect`) may hold other
    series too.
    """
    name = finding["series_id"]
    cost = series[series["series_id"] == name]
    seen = flags[flags["series_id"] == name]
    first, last = pd.Timestamp(finding["first_seen"]), pd.Timestamp(finding["last_seen"])
    since = first - pd.Timedelta(days=HISTORY_DAYS)
    until = last + pd.Timedelta(days=30)
    cost = cost[(cost["ds"] >= since) & (cost["ds"] <= until)]
    seen = seen[(seen["ds"] >= since) & (seen["ds"] <= until)]
    drivers = _drivers(finding)
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    if drivers:
        axes, side = figure.subplots(1, 2, width_ratios=(3, 1.3))
        _draw_drivers(side, drivers)
    else:
        axes = figure.subplots()
    axes.plot(cost["ds"], cost["y"], color=INK, linewidth=1.1, label="cost")
    axes.plot(
        seen["ds"], seen["expected"], color=ACCENT, linewidth=0.9, alpha=0.8, label="expected"
    )
    inside = cost[(cost["ds"] >= first) & (cost["ds"] <= last)]
    axes.scatter(inside["ds"], inside["y"], s=12, color=ALARM, zorder=3, label="incident")
    axes.axvspan(first, last + pd.Timedelta(days=1), color=ALARM, alpha=0.08, linewidth=0)
    axes.axvline(first, color=ALARM, linewidth=0.8, linestyle="--")
    title = f"{place(finding)} · {finding['kind']}"
    _finish(axes, title, str(finding["billing_currency"]))
    return png(figure)


def forecast_picture(series_id: str, series: pd.DataFrame, forecast: pd.DataFrame) -> bytes:
    """PNG of one series' forecast: history, median, and the 80 and 95 % bands."""
    history = series[series["series_id"] == series_id].tail(2 * HISTORY_DAYS)
    ahead = forecast[forecast["series_id"] == series_id].sort_values("ds")
    ahead = ahead.astype(dict.fromkeys(QUANTILES, float))
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.plot(history["ds"], history["y"], color=INK, linewidth=1.1, label="cost")
    axes.fill_between(
        ahead["ds"], ahead["p025"], ahead["p975"], color=BAND, alpha=0.35, linewidth=0, label="95 %"
    )
    axes.fill_between(
        ahead["ds"], ahead["p10"], ahead["p90"], color=BAND, alpha=0.7, linewidth=0, label="80 %"
    )
    axes.plot(ahead["ds"], ahead["p50"], color=ACCENT, linewidth=1.2, label="median")
    model = str(ahead["model"].iloc[0]) if len(ahead) else "no forecast"
    currency = str(history["billing_currency"].iloc[0]) if "billing_currency" in history else ""
    _finish(axes, f"{series_id} · {model}", currency)
    return png(figure)


def _drivers(finding: Mapping[Any, Any]) -> list[tuple[str, float]]:
    top = json.loads(finding.get("drivers") or "{}").get("top", [])
    return [
        (f"{_short(d['resource_id'])}\n{d['cause']}", float(d["change"])) for d in top[:TOP_DRIVERS]
    ]


def _short(name: str) -> str:
    """The telling end of a resource name."""
    tail = name.rsplit("/", 1)[-1]
    return tail if len(tail) <= 20 else f"{tail[:9]}…{tail[-9:]}"


def _draw_drivers(axes: Axes, drivers: list[tuple[str, float]]) -> None:
    values = [change for _, change in drivers][::-1]
    places = list(range(len(values)))
    colours = [ALARM if value > 0 else ACCENT for value in values]
    axes.barh(places, values, color=colours, height=0.6)
    axes.set_yticks(places, [name for name, _ in drivers][::-1], fontsize=7)
    axes.set_title("change by driver", fontsize=8, color=INK)
    plain(axes)


def _finish(axes: Axes, title: str, currency: str) -> None:
    axes.set_title(title, fontsize=9, color=INK, loc="left")
    axes.set_ylabel(f"{currency} per day".strip(), fontsize=8)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    # matplotlib has no type annotations for these.
    locator = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.legend(fontsize=7, frameon=False, loc="upper left", ncols=4)
    plain(axes)


def plain(axes: Axes) -> None:
    """Small labels, no box."""
    axes.tick_params(labelsize=7)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def png(figure: Figure) -> bytes:
    """The figure's bytes."""
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    # Without the software version in it, the same data gives the same bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
