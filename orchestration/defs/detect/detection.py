"""One detection: what has changed is judged again, what has not keeps its findings as they were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from orchestration.analytics.credits import ended_credits
from orchestration.analytics.explain import COLUMNS as DRIVER_COLUMNS
from orchestration.analytics.explain import explain_findings
from orchestration.analytics.explained import set_aside_explained
from orchestration.analytics.feedback import by_detector, suppress
from orchestration.analytics.findings import COLUMNS as FINDING_COLUMNS
from orchestration.analytics.findings import largest_first, to_findings
from orchestration.analytics.folding import fold, fold_credits, fold_sums
from orchestration.analytics.in_step import compared, fold_in_step
from orchestration.analytics.judged import COLUMNS as JUDGED_COLUMNS
from orchestration.analytics.judged import (
    detection_version,
    fingerprint,
    fingerprints,
    outcome,
    to_judge,
)
from orchestration.analytics.planned import set_aside
from orchestration.analytics.purchases import unusual_purchases
from orchestration.analytics.recalibration import budgets, detect_within
from orchestration.analytics.restated import fold_restated
from orchestration.analytics.sentences import in_words
from orchestration.defs.detect.arrivals import arrivals
from orchestration.defs.detect.inputs import (
    calendar,
    credits_by_day,
    daily_costs,
    inputs,
    planned_events,
    purchases,
    restatements,
)
from orchestration.defs.detect.moved import moved_charges
from orchestration.warehouse import Warehouse

_BEFORE = f"select {', '.join(JUDGED_COLUMNS)} from platform.judged_series"
_FINDINGS = f"select {', '.join(FINDING_COLUMNS)} from platform.anomalies"
_DRIVERS = f"select {', '.join(DRIVER_COLUMNS)} from platform.anomaly_drivers"
# Charges are a function of what was landed and of how it is conformed.
_CHARGES = """
select x_feed, x_export, x_billing_period, x_landing_id, definition
from platform.conformed_landings order by 1, 2, 3, 4, 5
"""


@dataclass(frozen=True)
class Detection:
    """What a detection found, and what it was found in."""

    findings: pd.DataFrame
    drivers: pd.DataFrame
    budgets: pd.DataFrame
    feedback: pd.DataFrame
    #: COLUMNS of `analytics.judged`, of every series.
    judged: pd.DataFrame
    #: Of the series that were judged now: from `mature`, and from `set_aside`.
    series: pd.DataFrame
    flags: pd.DataFrame

    @property
    def judged_now(self) -> int:
        """How many series were judged now; all others keep what was found."""
        return int(self.series["series_id"].nunique())

    def keep(self, warehouse: Warehouse) -> None:
        """Write all of it; a run that dies between two tables leaves all series to be judged."""
        with warehouse.opened(read_only=False):
            warehouse.replace_rows("platform.judged_series", self.judged.head(0))
            warehouse.replace_rows("platform.anomalies", self.findings)
            warehouse.replace_rows("platform.anomaly_drivers", self.drivers)
            warehouse.replace_rows("platform.detector_feedback", by_detector(self.feedback))
            warehouse.replace_rows("platform.detection_budgets", self.budgets)
            warehouse.replace_rows("platform.judged_series", self.judged)


def detect_changed(warehouse: Warehouse, feedback: pd.DataFrame, today: date) -> Detection:
    """Judge the series that differ from the last detection; `feedback` is all that people said."""
    with warehouse.opened():
        return _detect_changed(warehouse, feedback, today)


def _detect_changed(warehouse: Warehouse, feedback: pd.DataFrame, today: date) -> Detection:
    known = arrivals(warehouse, calendar(warehouse), today)
    now = inputs(warehouse)
    allowed = budgets(feedback, now, today)
    events = planned_events(warehouse)
    now["fingerprint"] = fingerprints(
        now, of_provider=known.in_words(), curve=known.curve, allowed=allowed, events=events,
        as_of=today,
    )  # fmt: skip
    before, kept = warehouse.query(_BEFORE), warehouse.query(_FINDINGS)
    due = to_judge(now, before, kept)
    series = known.judged(daily_costs(warehouse, now[due]))
    alarms = set_aside_explained(detect_within(series, allowed), series)
    flags = set_aside(alarms, series, events, today)
    kept = kept[kept["series_id"].isin(now.loc[~due, "series_id"])]
    found = fold_sums(_together(kept, to_findings(flags, series, as_of=today)))
    charges = fingerprint(*warehouse.query(_CHARGES).to_numpy().tolist())
    explained = before.loc[before["charges_fingerprint"] == charges, "series_id"]
    told = kept.loc[kept["series_id"].isin(explained) & (kept["drivers"] != "{}"), "finding_id"]
    drivers = _explained(warehouse, found, set(told))
    state = _state(now, before, due, outcome(series, flags).reset_index())
    counted = state["series_id"].map(found["series_id"].value_counts()).fillna(0)
    state = state.assign(
        findings=counted.astype(int), as_of=today, detection_version=detection_version(),
        charges_fingerprint=charges,
    )  # fmt: skip
    ruled = _together(
        unusual_purchases(purchases(warehouse), events, today),
        fold_credits(ended_credits(credits_by_day(warehouse), known.through, events, today)),
    )
    found = fold(found, drivers)
    found = fold_in_step(found, daily_costs(warehouse, compared(found)))
    found = fold_restated(found, *restatements(warehouse))
    found = suppress(_together(in_words(found, drivers), ruled), feedback)
    return Detection(found, drivers, allowed, feedback, state[JUDGED_COLUMNS], series, flags)


def _explained(warehouse: Warehouse, found: pd.DataFrame, told: set[Any]) -> pd.DataFrame:
    """What drove the findings; those in `told` have been explained from these charges.

    A sum that its parts tell has no drivers of its own: theirs are its drivers.
    """
    apart = found["parent_finding_id"].isna()
    old = found["finding_id"].isin(told) & apart
    alone = found[apart & ~old]
    drivers = warehouse.query(_DRIVERS)
    drivers = drivers[drivers["finding_id"].isin(found.loc[old, "finding_id"])]
    if not alone.empty:
        cells = [warehouse.query(select) for select in moved_charges(alone)]
        moved = explain_findings(alone, pd.concat(cells, ignore_index=True))
        drivers = _both(drivers, moved)
    return drivers.sort_values(["finding_id", "driver_rank"], ignore_index=True)


def _both(kept: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    parts = [part for part in (kept, new) if not part.empty]
    return pd.concat(parts, ignore_index=True) if parts else new


def _together(kept: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    return largest_first(_both(kept, new))


def _state(
    now: pd.DataFrame, before: pd.DataFrame, due: pd.Series[bool], judged: pd.DataFrame
) -> pd.DataFrame:
    """The outcome of every series: of those judged now, and of the others as it was."""
    kept = before.loc[before["series_id"].isin(now.loc[~due, "series_id"]), judged.columns]
    return now.merge(_both(kept, judged), how="left", on="series_id")
