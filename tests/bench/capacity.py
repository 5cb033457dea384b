"""`make simulate`: planned capacity on real hourly traces, against static and reactive fleets.

    python -m tests.bench.capacity [TRACES.csv] [DAYS]

TRACES has the columns series_id, ds and y (hourly demand, UTC), and may be gzipped; without it the
sample of `tests/fixtures/capacity` runs. The last DAYS (default 7) of each trace are lived through
hour by hour, each hour knowing only what came before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from orchestration.analytics.capacity.demand import KEPT
from orchestration.analytics.capacity.simulate import (
    Outcome,
    Trace,
    forecasts,
    outcome,
    planned,
    reactive,
    reactive_for,
    static_for,
)
from orchestration.analytics.capacity.target import Target

SAMPLE = Path(__file__).parents[1] / "fixtures" / "capacity" / "hourly_demand.csv"
# A new forecast four times a day, as a scheduled job would make it.
EVERY_HOURS = 6
# The busiest hours of the past need about this many units.
PEAK_UNITS = 20


def traces(path: Path, days: int) -> list[tuple[pd.DataFrame, list[Trace]]]:
    """The traces of a file; those that end at the same hour are forecast together."""
    frame = pd.read_csv(path, parse_dates=["ds"])
    frame["ds"] = pd.to_datetime(frame["ds"], utc=True).dt.tz_localize(None)
    groups = []
    last = frame.groupby("series_id")["ds"].transform("max")
    for _, part in frame.groupby(last):
        wide = part.pivot_table(index="ds", columns="series_id", values="y").asfreq("h")
        wide = wide.interpolate().iloc[-(KEPT["hour"] + 24 * days) :]
        start = len(wide) - 24 * days
        moving = [name for name in wide if wide[name].iloc[:start].std() > 0]
        fleets = [
            Trace(target(str(name), wide[name].iloc[:start]), wide[name].to_numpy(), start)
            for name in moving
        ]
        groups.append((wide[moving], fleets))
    return groups


def target(name: str, history: pd.Series) -> Target:
    """A fleet whose peak needs some twenty units, wide guardrails, fifteen minutes to start."""
    capacity = Decimal(str(round(float(history.quantile(0.99)) / PEAK_UNITS, 6)))
    return Target(
        name=name, kind="azure_scale_set", environment="production", owner="bench",
        series_id=name, metric="demand", period="hour", quantile="p90", unit_capacity=capacity,
        headroom_pct=Decimal(0), startup_minutes=15, min_units=1, max_units=200, step_limit=50,
        change_threshold_pct=Decimal(0), cooldown_minutes=60, hourly_cost=Decimal("0.10"),
        currency="USD", monthly_budget=Decimal("1000000"),
    )  # fmt: skip


def simulate(path: Path, days: int) -> pd.DataFrame:
    """One row per way and trace: cost (1 is a fleet for the mean demand), unmet share, changes."""
    rows: list[dict[str, object]] = []
    for demand, fleets in traces(path, days):
        ahead = EVERY_HOURS + max(t.target.lead_steps + t.target.cooldown_steps for t in fleets)
        made = forecasts(demand, fleets[0].start, EVERY_HOURS, ahead)
        for fleet in fleets:
            plan = planned(fleet, made)
            react = reactive(fleet)
            floor = [max(pair) for pair in zip(plan, react, strict=True)]
            ways = {"planned": plan, "planned, reactive above": floor, "reactive": react}
            for name, units in ways.items():
                rows.append(_row(name, fleet, outcome(units, fleet)))
            for name in ("planned", "planned, reactive above"):
                share = outcome(ways[name], fleet).unmet_share
                rows.append(_row(f"static as good as {name}", fleet, static_for(share, fleet)))
                rows.append(_row(f"reactive as good as {name}", fleet, reactive_for(share, fleet)))
            peak = outcome([fleet.peak_units()] * fleet.hours, fleet)
            rows.append(_row("static at the past peak", fleet, peak))
    return pd.DataFrame(rows)


def _row(way: str, trace: Trace, found: Outcome) -> dict[str, object]:
    mean = float(np.nanmean(trace.demand[: trace.start])) / float(trace.target.unit_capacity)
    fair = float(trace.target.hourly_cost) * trace.hours * max(mean, 1.0)
    return {
        "way": way, "series_id": trace.target.series_id, "cost": float(found.cost) / fair,
        "unmet": found.unmet_share, "hours": found.unmet_hours, "changes": found.changes,
    }  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Print the means over all traces as a table."""
    path = Path(arguments[0]) if arguments else SAMPLE
    days = int(arguments[1]) if len(arguments) > 1 else 7
    found = simulate(path, days)
    by_way = found.groupby("way", sort=False)
    table = by_way[["cost", "unmet", "hours", "changes"]].mean()
    sys.stdout.write(f"{found['series_id'].nunique()} traces, the last {days} days of each\n")
    sys.stdout.write(f"{'way':<44} {'cost':>6} {'unmet':>7} {'hours':>6} {'changes':>8}\n")
    for way, row in table.iterrows():
        sys.stdout.write(
            f"{way!s:<44} {row['cost']:>6.2f} {row['unmet']:>7.2%} {row['hours']:>6.1f} "
            f"{row['changes']:>8.1f}\n"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
