"""Brings the actions' collaborators together: the store, the gate, the cloud, the marts' facts.

Belongs here: what `tollgate actions` and the Dagster assets both need to plan and to apply.
Does not belong here: the order of a run (`actions/`), and what is proposed (`analytics/`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from actions.clients import AwsCloud
from actions.models import DataFacts, Proposal
from actions.services import Services
from orchestration.ingest.manifest import partitions
from orchestration.ingest.verification import verify
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse, WarehouseError
from policies.engine import open_engine
from policies.store import open_store

_PROPOSALS = "select * from platform.proposals order by proposal_id"
_WRONG_TOTALS = """
select count(*) filter (where difference <> 0), count(*) from marts.fct_reconciliation
"""
_BUILT = "select distinct x_feed, x_export, x_billing_period from marts.fct_reconciliation"
# Evidence is as old as the provider whose bill is furthest behind, of those that are acted on.
_DATA_THROUGH = """
select min(last_day) from (
  select service_provider_name, max(charge_date) as last_day from marts.fct_daily_costs
  where service_provider_name in (select distinct service_provider_name from platform.proposals)
  group by service_provider_name
) as per_provider
"""
_SAVED = """
select plan_id, horizon_days, first_day, outcome, billing_currency, expected_monthly_saving,
       actual_monthly_saving
from marts.fct_savings order by horizon_days
"""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ShiftedClockError(RuntimeError):
    """An installation that lives in the past was asked to act on a real cloud."""


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Everything a run of planning or applying needs, closed again afterwards."""
    store = open_store(settings.ops_url)
    try:
        yield Services(
            store=store,
            policy=open_engine(),
            cloud=AwsCloud.from_environment(),
            data=data_facts(settings),
            clock=settings.now,
        )
    finally:
        store.dispose()


def proposals(warehouse: Warehouse) -> list[Proposal]:
    """The proposals of the last run, as the marts hold them."""
    columns, rows = warehouse.read(_PROPOSALS)
    return [Proposal.model_validate(dict(zip(columns, row, strict=True))) for row in rows]


def saved(settings: Settings, plan_id: str) -> list[dict[str, Any]]:
    """What the bill says that a plan has saved, by horizon, as `marts.fct_savings` has it.

    None where nothing was built yet, or the bill does not reach far enough.
    """
    try:
        columns, rows = Warehouse(settings).read(_SAVED, finished=True)
    except WarehouseError:
        return []
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    return [row for row in found if row["plan_id"] == plan_id]


def data_facts(settings: Settings) -> DataFacts:
    """Whether the bills are as they landed and the marts equal them, and through when they reach.

    The marts are of the last build that succeeded: what has landed since is read again.
    """
    warehouse = Warehouse(settings)
    landed_ok = all(found.ok for found in verify(settings.lake)) and not lost(settings)
    ((wrong, compared),) = warehouse.read(_WRONG_TOTALS)[1]
    ((last_day,),) = warehouse.read(_DATA_THROUGH)[1]
    reaches = datetime.combine(last_day, time(), UTC) + timedelta(days=1) if last_day else None
    return DataFacts(
        control_totals_ok=landed_ok and compared > 0 and wrong == 0,
        data_as_of=reaches or datetime.fromtimestamp(0, UTC),
    )


def lost(settings: Settings) -> list[str]:
    """Bills that the marts have and the lake has lost: nothing can be held against them any more.

    None where nothing was built yet.
    """
    try:
        _, built = Warehouse(settings).read(_BUILT, finished=True)
    except WarehouseError:
        return []
    there = {folder.parts[-3:] for folder in partitions(settings.lake)}
    gone = [place for place in built if (*place[:2], f"billing_period={place[2]}") not in there]
    return [
        f"{feed}/{export} {period} is in the marts, and gone from the lake. Ingest the month again,"
        " or build without it."
        for feed, export, period in sorted(gone)
    ]


def require_safe_clock(settings: Settings, env: Mapping[str, str]) -> None:
    """Refuse to act on anything but a loopback emulator while the clock is shifted."""
    if settings.in_the_past and not only_loopback(env):
        raise ShiftedClockError(
            f"{settings.clock_file} sets this installation in the past: evidence would look "
            "fresh that is not. Remove it, or point AWS_ENDPOINT_URL at a loopback emulator (the "
            "demo's own: `tollgate demo --shell`)."
        )


def only_loopback(env: Mapping[str, str]) -> bool:
    """Whether every AWS endpoint that the SDK would use is on this machine."""
    # A service's own variable (AWS_ENDPOINT_URL_EC2) goes before the general one; the SDK
    # can be told to ignore them all.
    ignored = env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
    named = [url for name, url in env.items() if name.startswith("AWS_ENDPOINT_URL") and url]
    return (
        not ignored
        and bool(env.get("AWS_ENDPOINT_URL"))
        and all(urlsplit(url).hostname in _LOOPBACK for url in named)
    )
