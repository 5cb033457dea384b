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
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse

_MISSING = """
select state_id, x_feed, x_export, x_billing_period, reported_from
from intermediate.int_ledger__reported_states
where state_id not in (
  select state_id from intermediate.int_ledger__reported_costs
  union all select state_id from platform.replayed_costs
) and reported_until > reported_from
order by reported_from, state_id
"""
_REPLAYED = "select * from platform.replayed_costs"
_COSTS = "select * from intermediate.int_ledger__reported_costs"
# Their charges, and the model that sums them; the tests ran, or will run, on the present.
_SELECTION = ("--select", "+int_ledger__reported_costs", "--exclude-resource-type", "test")


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
    for _, state in missing.groupby("state_id", sort=False):
        places = set(zip(state.x_feed, state.x_export, state.x_billing_period, strict=True))
        moment = pd.Timestamp(state.reported_from.iloc[0]).to_pydatetime().replace(tzinfo=UTC)
        try:
            found.append(_conform(settings, moment, places))
        except IngestError as error:
            lost.append(str(error))
    warehouse.replace_rows("platform.replayed_costs", pd.concat(found, ignore_index=True))
    return Replayed(len(found) - 1, lost)


def _conform(
    settings: Settings, moment: datetime, places: set[tuple[str, str, str]]
) -> pd.DataFrame:
    settings.home.mkdir(parents=True, exist_ok=True)
    # Below the home, so that the lake's files can be linked.
    with tempfile.TemporaryDirectory(prefix="replay-", dir=settings.home) as folder:
        past = Settings(Path(folder), "duckdb")
        build_past(settings.lake, moment, past, _SELECTION, places)
        return Warehouse(past).query(_COSTS)
