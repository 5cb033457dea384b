"""A picture of a plan: demand so far, the forecast, and the capacity that is planned for it."""

from __future__ import annotations

import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from orchestration.analytics.capacity.decide import Plan
from orchestration.analytics.plots import ACCENT, ALARM, BAND, DPI, INK, SIZE, plain, png

HISTORY_PERIODS = 60


def plan_picture(plan: Plan, history: pd.DataFrame) -> bytes:
    """PNG of one plan; `history` has `ds` and `y` of its series."""
    target = plan.target
    capacity = float(target.unit_capacity)
    past = history.sort_values("ds").tail(HISTORY_PERIODS)
    ahead = pd.DataFrame(
        {
            "at": pd.to_datetime([step.at.replace(tzinfo=None) for step in plan.steps]),
            "expected": [step.expected for step in plan.steps],
            "demand": [step.demand for step in plan.steps],
            "planned": [step.serving * capacity for step in plan.steps],
        }
    ).astype({"expected": float, "demand": float})
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.plot(past["ds"], past["y"], color=INK, linewidth=1.1, label="demand")
    axes.plot(ahead["at"], ahead["expected"], color=ACCENT, linewidth=1.0, label="expected")
    axes.plot(ahead["at"], ahead["demand"], color=BAND, linewidth=1.0, label=target.quantile)
    axes.step(
        ahead["at"], ahead["planned"], where="post", color=ALARM, linewidth=1.3,
        label="planned capacity",
    )  # fmt: skip
    axes.set_title(
        f"{target.name} · {plan.current} → {plan.steps[-1].units} units · "
        f"{plan.cost:,.2f} {target.currency}",
        fontsize=9, color=INK, loc="left",
    )  # fmt: skip
    axes.set_ylabel(f"{target.metric} per {target.period}", fontsize=8)
    axes.set_ylim(bottom=0.0)
    # matplotlib has no type annotations for these.
    locator = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.legend(fontsize=7, frameon=False, loc="lower left", ncols=4)
    plain(axes)
    return png(figure)
