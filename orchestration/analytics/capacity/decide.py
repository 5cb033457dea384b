"""The capacity decision: a demand forecast becomes units per period, each step with its reason.

`plan_capacity` is pure. Whatever the forecast says, every step stays between minimum and maximum,
changes by no more than the step limit, no sooner than the cool-down allows, and the whole stays
within the budget; where the guardrails cannot all hold, it raises `PlanError` and bends none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from orchestration.analytics.capacity.target import Target

# A year of hours: what is planned further ahead is not a forecast.
MOST_STEPS = 8784
# More than this is no demand of anything, and would not fit the gate's question.
LARGEST_DEMAND = 1e15
# Demand of exactly three units must not become four by the last bit of a float.
TOLERANCE = 1e-9


class PlanError(ValueError):
    """No plan keeps all guardrails; the message says which ones clash and what to change."""


@dataclass(frozen=True)
class Point:
    """Demand of one period: what is expected (the median) and the quantile to provide for."""

    at: datetime
    expected: float
    demand: float

    @property
    def usable(self) -> bool:
        """False for what cannot be a demand: not a number, negative, or beyond all measure."""
        return all(0 <= value <= LARGEST_DEMAND for value in (self.expected, self.demand))


@dataclass(frozen=True)
class Step:
    """One period of a plan; `wanted` is what the forecast asks for before the guardrails."""

    at: datetime
    before: int
    units: int
    wanted: int | None
    expected: float | None
    demand: float | None
    #: Units that serve in this period: those ordered have started.
    serving: int
    cost: Decimal
    reason: str

    @property
    def action(self) -> str:
        """hold, scale_out or scale_in."""
        if self.units == self.before:
            return "hold"
        return "scale_out" if self.units > self.before else "scale_in"


@dataclass(frozen=True)
class Plan:
    """Units per period for one target, with what they cost and what they would leave unserved."""

    target: Target
    current: int
    steps: tuple[Step, ...]
    usable: int
    budget: Decimal
    #: The most units that the budget lets every period have; the maximum if it does not bind.
    cap: int

    @property
    def cost(self) -> Decimal:
        """Of all periods, in the target's currency."""
        return sum((step.cost for step in self.steps), Decimal(0))

    @property
    def cost_unchanged(self) -> Decimal:
        """Had the present units been kept."""
        return self.target.cost(self.current) * len(self.steps)

    @property
    def unmet_steps(self) -> int:
        """Periods whose expected demand is above what serves."""
        capacity = float(self.target.unit_capacity)
        known = [step for step in self.steps if step.expected is not None]
        return sum((step.expected or 0.0) > step.serving * capacity for step in known)


def plan_capacity(
    points: Iterable[Point],
    target: Target,
    current: int,
    start: datetime,
    steps: int,
    *,
    last_change: datetime | None = None,
) -> Plan:
    """Plan `steps` periods from `start`, at which `current` units run.

    Points may come in any order and zone, twice (the larger counts) or not at all; what lies
    outside the plan is passed over. Naive times are UTC. Raises `PlanError`.
    """
    if not 1 <= steps <= MOST_STEPS:
        raise PlanError(f"{steps} periods cannot be planned: ask for 1 to {MOST_STEPS}")
    if not target.min_units <= current <= target.max_units:
        raise PlanError(
            f"{target.name} has {current} units, outside of its {target.min_units} to "
            f"{target.max_units}: a person must move it back, or change its guardrails, first"
        )
    begin = utc(start)
    found = _by_step(points, begin, target.step, steps)
    walk = _Walk(target, found, current, begin, _wait(target, begin, last_change))
    budget = target.budget(steps)
    cap = _affordable(walk, budget)
    usable = sum(point is not None for point in found)
    return Plan(target, current, tuple(walk.steps(cap)), usable, budget, cap)


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is taken for UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def units_for(demand: float, target: Target) -> int:
    """Units that serve a demand with headroom, never more than one above the maximum."""
    wanted = demand * (1 + float(target.headroom_pct) / 100) / float(target.unit_capacity)
    if wanted > target.max_units:
        return target.max_units + 1
    return math.ceil(wanted - TOLERANCE * max(1.0, wanted))


def _by_step(
    points: Iterable[Point], begin: datetime, step: timedelta, steps: int
) -> list[Point | None]:
    found: list[Point | None] = [None] * steps
    spoiled = set()
    for point in points:
        place = (utc(point.at) - begin) // step
        if not 0 <= place < steps:
            continue
        if not point.usable:
            # One good value beside a broken one is no proof of the good one.
            spoiled.add(place)
        before = found[place]
        if before is None or point.demand > before.demand:
            found[place] = point
    return [None if place in spoiled else point for place, point in enumerate(found)]


def _wait(target: Target, begin: datetime, last_change: datetime | None) -> int:
    """Steps until the first change is allowed."""
    if last_change is None:
        return 0
    free = utc(last_change) + target.cooldown_steps * target.step
    return max(0, math.ceil((free - begin) / target.step))


@dataclass(frozen=True)
class _Walk:
    """All that a plan follows from, but the cap; `wait` counts steps until a change is allowed."""

    target: Target
    found: Sequence[Point | None]
    current: int
    begin: datetime
    wait: int

    def cost(self, cap: int) -> Decimal:
        return sum((step.cost for step in self.steps(cap)), Decimal(0))

    def steps(self, cap: int) -> list[Step]:
        target, units, free = self.target, self.current, self.wait
        needed, unsure = _needed(target, self.found, cap), _unsure(target, self.found)
        history = [units] * target.lead_steps
        made: list[Step] = []
        for place, point in enumerate(self.found):
            before = units
            wish = _Wish(before, needed[place], unsure[place])
            units, reason = _next(target, wish, cap, place - free)
            if units != before:
                free = place + target.cooldown_steps
            history.append(units)
            made.append(
                Step(
                    at=self.begin + place * target.step,
                    before=before,
                    units=units,
                    wanted=needed[place],
                    expected=point.expected if point else None,
                    demand=point.demand if point else None,
                    serving=min(history[place:]),
                    cost=target.cost(units),
                    reason=reason,
                )
            )
        return made


def _affordable(walk: _Walk, budget: Decimal) -> int:
    """The largest cap found whose plan is within the budget: peaks are shaved, not late hours."""
    target, low, high = walk.target, walk.target.min_units, walk.target.max_units
    if walk.cost(high) <= budget:
        return high
    if walk.cost(low) > budget:
        raise PlanError(
            f"{target.name}: even scaling in as fast as its guardrails allow costs "
            f"{walk.cost(low):.2f} {target.currency} over {len(walk.found)} periods; the budget "
            f"for them is {budget}: raise monthly_budget, or scale in by hand first"
        )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if walk.cost(middle) <= budget else (low, middle)
    return low


def _needed(target: Target, found: Sequence[Point | None], cap: int) -> list[int | None]:
    """Units needed at each step, so that all later ones are reached in time.

    A step provides for itself, for the steps until new units serve, and for those in which the
    cool-down forbids another change; before a rise that is larger than the step limit it starts
    to climb early.
    """
    window = target.lead_steps + target.cooldown_steps
    required = [None if point is None else units_for(point.demand, target) for point in found]
    needed: list[int | None] = [None] * len(found)
    for place in reversed(range(len(found))):
        known = [units for units in required[place : place + window] if units is not None]
        later = place + target.cooldown_steps
        if later < len(found) and (ahead := needed[later]) is not None:
            climb = min(ahead, cap) - target.step_limit
            known += [climb] if climb > target.min_units else []
        needed[place] = max(known, default=None)
    return needed


def _unsure(target: Target, found: Sequence[Point | None]) -> list[bool]:
    """Whether any period that a scale-in would have to last for is unknown."""
    window = target.lead_steps + target.cooldown_steps
    return [None in found[place : place + window] for place in range(len(found))]


@dataclass(frozen=True)
class _Wish:
    """What a step starts from and what the forecast asks of it."""

    before: int
    needed: int | None
    unsure: bool


def _next(target: Target, wish: _Wish, cap: int, since_free: int) -> tuple[int, str]:
    """Units after one step, and why."""
    before, limit = wish.before, min(cap, target.max_units)
    units = before if wish.needed is None else max(wish.needed, target.min_units)
    notes = [_asked(target, wish)]
    if wish.unsure and units < before:
        units = before
        notes.append("nothing is taken away while part of the forecast is not usable")
    if units > limit:
        units = limit
        notes.append("held to the maximum" if limit == target.max_units else "held by the budget")
    change = units - before
    if change and since_free < 0:
        notes.append(f"cooling down for {-since_free} more periods")
        change = 0
    # What the budget forces is done however small it is.
    small = abs(change) * 100 < target.change_threshold_pct * max(before, 1)
    if change and small and before <= limit:
        notes.append(f"a change of {change:+d} is below {target.change_threshold_pct} %")
        change = 0
    if abs(change) > target.step_limit:
        change = target.step_limit if change > 0 else -target.step_limit
        notes.append(f"at most {target.step_limit} units at a time")
    return before + change, "; ".join(notes)


def _asked(target: Target, wish: _Wish) -> str:
    if wish.needed is None:
        return "no usable forecast: the units stay"
    shown = f"more than {target.max_units}" if wish.needed > target.max_units else wish.needed
    known = "the usable part of " if wish.unsure else ""
    ahead = target.lead_steps + target.cooldown_steps
    span = "this period" if ahead == 1 else f"the next {ahead} periods"
    return (
        f"{known}{target.quantile} with {target.headroom_pct} % headroom asks for {shown} units "
        f"({span}, and the climb after)"
    )
