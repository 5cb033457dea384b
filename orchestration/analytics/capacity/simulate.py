"""What a way of providing capacity would have cost on a real trace, and left unserved.

Belongs here: the ways (static, reactive, planned) and the clock that runs them hour by hour, each
knowing only the past. Does not belong here: where traces come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd

from orchestration.analytics.capacity.decide import Plan, Point, plan_capacity, units_for
from orchestration.analytics.capacity.demand import forecast_demand
from orchestration.analytics.capacity.target import Target
from orchestration.analytics.detectors.grid import Floats

# Headrooms among which the reactive way is tuned in hindsight, in per cent.
HEADROOMS = (0, 15, 30, 50, 75, 100, 150, 200, 300, 400)


@dataclass(frozen=True)
class Trace:
    """Hourly demand of one fleet; the first `start` hours are known before the clock runs."""

    target: Target
    demand: Floats
    start: int

    @property
    def hours(self) -> int:
        """Hours that the clock runs."""
        return len(self.demand) - self.start

    @property
    def first_units(self) -> int:
        """Units when the clock starts: those of the hour before."""
        return self.units_for(self.start - 1)

    def units_for(self, hour: int) -> int:
        """Units for the demand of one hour, within minimum and maximum."""
        return self._bounded(units_for(float(self.demand[hour]), self.target))

    def with_headroom(self, headroom: int) -> Trace:
        """The same demand with another headroom, in per cent."""
        target = self.target.model_copy(update={"headroom_pct": Decimal(headroom)})
        return replace(self, target=target)

    def peak_units(self) -> int:
        """Units for the largest demand before the start."""
        return self._bounded(units_for(float(np.nanmax(self.demand[: self.start])), self.target))

    def _bounded(self, units: int) -> int:
        return max(self.target.min_units, min(units, self.target.max_units))


@dataclass(frozen=True)
class Outcome:
    """One way on one trace: what was paid, and the share of the demand that was not served."""

    cost: Decimal
    unmet_share: float
    unmet_hours: int
    changes: int


def outcome(units: Sequence[int], trace: Trace) -> Outcome:
    """Cost and unmet demand of hourly `units`; new ones serve after their start-up time."""
    fleet = np.array([trace.first_units, *units], dtype=np.float64)
    demand = trace.demand[trace.start :]
    late = min(1.0, trace.target.startup_minutes / 60)
    serving = fleet[1:] - np.maximum(np.diff(fleet), 0.0) * late
    short = np.maximum(demand - serving * float(trace.target.unit_capacity), 0.0)
    return Outcome(
        cost=sum((trace.target.cost(count) for count in units), Decimal(0)),
        unmet_share=float(short.sum() / max(float(demand.sum()), 1e-9)),
        unmet_hours=int((short > 0).sum()),
        changes=int((np.diff(fleet) != 0).sum()),
    )


def reactive(trace: Trace) -> list[int]:
    """Units for the demand of the last hour with headroom, within the same guardrails."""
    target, units, free = trace.target, trace.first_units, 0
    made = []
    for hour in range(trace.hours):
        change = trace.units_for(trace.start + hour - 1) - units
        small = abs(change) * 100 < target.change_threshold_pct * max(units, 1)
        if change and hour >= free and not small:
            units += max(-target.step_limit, min(change, target.step_limit))
            free = hour + target.cooldown_steps
        made.append(units)
    return made


Forecasts = list[tuple[int, dict[str, pd.DataFrame]]]


def forecasts(demand: pd.DataFrame, start: int, every: int, ahead: int) -> Forecasts:
    """A forecast every `every` hours from `start`, each from what was known then.

    `demand` has one column per series, an hourly UTC index, and NaN before a series began. Returns
    pairs of the hour (counted from `start`) and the forecast of each series.
    """
    made = []
    for hour in range(0, len(demand) - start, every):
        past = demand.iloc[: start + hour].melt(
            ignore_index=False, var_name="series_id", value_name="y"
        )
        frame = forecast_demand(past.dropna().rename_axis("ds").reset_index(), ahead, "hour")
        made.append((hour, {str(name): rows for name, rows in frame.groupby("series_id")}))
    return made


def planned(trace: Trace, made: Forecasts) -> list[int]:
    """A new plan with each forecast, carried out until the next one."""
    units = trace.first_units
    changed: datetime | None = None
    fleet: list[int] = []
    for place, (hour, by_series) in enumerate(made):
        until = made[place + 1][0] if place + 1 < len(made) else trace.hours
        plan = plan_forecast(by_series[trace.target.series_id], trace.target, units, changed)
        for step in plan.steps[: until - hour]:
            fleet.append(step.units)
            changed = step.at if step.action != "hold" else changed
        units = fleet[-1]
    return fleet


def plan_forecast(
    rows: pd.DataFrame, target: Target, current: int, last_change: datetime | None = None
) -> Plan:
    """The plan over all periods of one series' forecast (`ds`, `p50`, the target's quantile)."""
    values = zip(rows["ds"], rows["p50"], rows[target.quantile], strict=True)
    points = [Point(at.to_pydatetime(), float(middle), float(high)) for at, middle, high in values]
    start = min(point.at for point in points)
    return plan_capacity(points, target, current, start, len(points), last_change=last_change)


def static_for(unmet_share: float, trace: Trace) -> Outcome:
    """In hindsight: the smallest fixed fleet that leaves no more unserved."""
    low, high = trace.target.min_units, trace.target.max_units
    while low < high:
        middle = (low + high) // 2
        enough = outcome([middle] * trace.hours, trace).unmet_share <= unmet_share
        low, high = (low, middle) if enough else (middle + 1, high)
    return outcome([low] * trace.hours, trace)


def reactive_for(unmet_share: float, trace: Trace) -> Outcome:
    """In hindsight: reactive with the least headroom that leaves no more unserved.

    Where none does, the largest headroom: it then costs more, and still leaves more unserved.
    """
    found = [outcome(reactive(trace.with_headroom(pct)), trace) for pct in HEADROOMS]
    return next((one for one in found if one.unmet_share <= unmet_share), found[-1])
