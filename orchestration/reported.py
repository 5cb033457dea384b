"""Fills the gaps of `marts.fct_reported_costs`: states that were superseded before any build.

Each is conformed by dbt in a lake of its own that holds one version of the months concerned, and
what it comes to is written to `platform.replayed_costs`. Normally there is none and nothing runs.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from orchestration.as_of import build_past
from orchestration.ingest.errors import IngestError
from orchestration.ingest.versions import Place
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse

# Exports that belong together land one after the other: what lies between them was never reported.
_MISSING = """
select state_id, x_feed, x_export, x_billing_period, reported_from
from intermediate.int_ledger__reported_states
where state_id not in (
  select state_id from intermediate.int_ledger__reported_costs
  union all select state_id from platform.replayed_costs
) and reported_until > reported_from + interval '1 hour'
order by reported_from, state_id, x_feed, x_export
"""
_REPLAYED = "select * from platform.replayed_costs"
_COSTS = "select * from intermediate.int_ledger__reported_costs"
# Their charges, and the model that sums them; the tests ran, or will run, on the present.
_SELECTION = ("--select", "+int_ledger__reported_costs", "--exclude-resource-type", "test")


State = dict[Place, datetime]
"""Where a state's months are, each with a moment at which it was so."""


@dataclass(frozen=True)
class Replayed:
    """How many states were conformed afterwards, and which no longer can be."""

    states: int
    lost: list[str]


def replay(settings: Settings) -> Replayed:
    """Conform what was superseded before any build; the rest stays as it was recorded."""
    warehouse = Warehouse(settings)
    missing = warehouse.query(_MISSING)
    if missing.empty:
        return Replayed(0, [])
    found, lost = [warehouse.query(_REPLAYED)], []
    for states in _rounds(missing):
        try:
            found.append(_conform(settings, states))
            continue
        except IngestError as error:
            if len(states) == 1:
                lost.append(str(error))
                continue
        for state in states:  # one of them can no longer be had: the others can
            try:
                found.append(_conform(settings, [state]))
            except IngestError as error:
                lost.append(str(error))
    warehouse.replace_rows("platform.replayed_costs", pd.concat(found, ignore_index=True))
    return Replayed(missing["state_id"].nunique() - len(lost), lost)


def _rounds(missing: pd.DataFrame) -> list[list[State]]:
    """The states to conform, several months at once but each month in one state."""
    rounds: list[list[State]] = []
    for _, rows in missing.groupby("state_id", sort=False):
        moment = pd.Timestamp(rows["reported_from"].iloc[0]).to_pydatetime().replace(tzinfo=UTC)
        places = zip(rows["x_feed"], rows["x_export"], rows["x_billing_period"], strict=True)
        state: State = dict.fromkeys(places, moment)
        free = (r for r in rounds if not any(place in other for other in r for place in state))
        joined = next(free, None)
        if joined is None:
            rounds.append([state])
        else:
            joined.append(state)
    return rounds


def _conform(settings: Settings, states: list[State]) -> pd.DataFrame:
    moments = {place: moment for state in states for place, moment in state.items()}
    # Below the home, so that the lake's files can be linked.
    with tempfile.TemporaryDirectory(prefix="replay-", dir=settings.home) as folder:
        past = Settings(Path(folder), "duckdb")
        build_past(settings.lake, moments.get, past, max(moments.values()), _SELECTION)
        return Warehouse(past).query(_COSTS)
