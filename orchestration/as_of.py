"""The marts as of a moment: the lake as it had been received by then, built beside the present.

Always into DuckDB, whatever engine the installation uses: both give the same values. Linked files
make the lake cheap; nothing in the present is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.defs.transform.dbt import DbtFailedError, run_dbt
from orchestration.ingest.lake import ensure_contracts
from orchestration.ingest.locks import exclusive
from orchestration.ingest.versions import Place, as_received
from orchestration.settings import Settings

# What Python writes (findings, forecasts, decisions) is of the present: it is not built again.
FROM_THE_BILL = ("--exclude", "source:platform+")


class AsOfError(RuntimeError):
    """The past cannot be built; the message says why."""


@dataclass(frozen=True)
class Past:
    """What was built: its installation, and how many landed months it has."""

    settings: Settings
    partitions: int


def build_as_of(settings: Settings, moment: datetime) -> Past:
    """Build all marts that follow from bills, from what had been received by a moment."""
    past = settings.as_of(moment)
    with exclusive(past.home.parent / f".{past.home.name}.lock"):
        found = build_past(settings.lake, lambda _: moment, past, moment, FROM_THE_BILL)
    if not found:
        raise AsOfError(f"nothing had been received by {moment:%Y-%m-%dT%H:%M:%SZ}")
    return Past(past, found)


def build_past(
    lake: Path,
    moment_of: Callable[[Place], datetime | None],
    past: Settings,
    now: datetime,
    selection: Sequence[str],
) -> int:
    """Put a lake of the past together in `past` and run dbt on it; how many landed months."""
    found = as_received(lake, moment_of, past.lake)
    ensure_contracts(past.lake)
    # The past's clock also keeps anything there from acting on a cloud.
    past.clock_file.write_text(f"{now.astimezone(UTC).isoformat()}\n")
    if found:
        try:
            run_dbt(past, "--quiet", "build", *selection)
        except DbtFailedError as error:
            raise AsOfError(f"{past.home}: {error}") from error
    return found
