"""Runs Dagster jobs in this process, recorded where the UI finds them, with a progress callback."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import DagsterInstance, EventLogEntry

from orchestration.assemble import assemble
from orchestration.defs.transform.project import dbt_environment
from orchestration.ingest.exports import list_periods, read_exports
from orchestration.partitions import BILLING_MONTHS, period_range_tags
from orchestration.settings import Settings

# No telemetry, and one run at a time: DuckDB takes one writer.
_DAGSTER_YAML = """\
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""

OnStep = Callable[[str, str], None]
"""Called with (step key, 'started' | 'done' | 'failed')."""

_STATES = {
    dg.DagsterEventType.STEP_START: "started",
    dg.DagsterEventType.STEP_SUCCESS: "done",
    dg.DagsterEventType.STEP_FAILURE: "failed",
}

# Dagster's console log would drown the progress; every event is in the UI.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class JobFailedError(RuntimeError):
    """A job ended with a failed step; the message names the step and its error."""


@contextmanager
def dagster_instance(settings: Settings) -> Iterator[DagsterInstance]:
    """The instance that `tollgate dev` shows: runs, events and schedules under `dagster/`."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / "dagster.yaml"
    if not config.exists():
        config.write_text(_DAGSTER_YAML)
    with DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        yield instance


def run_job(
    settings: Settings,
    name: str,
    *,
    tags: dict[str, str] | None = None,
    config: dict[str, Any] | None = None,
    on_step: OnStep | None = None,
) -> None:
    """Execute a job in this process; raises `JobFailedError` where a step fails.

    `tags` carry the partition range (`partitions.period_range_tags`), `config` the ops' own.
    """
    # dbt's profile and the assets' resources read the installation from the environment.
    os.environ.update(dbt_environment(settings))
    job = assemble(settings).resolve_job_def(name)
    run_id = str(uuid.uuid4())
    # dbt's own log lines: Dagster repeats them on stdout, which belongs to the command's result.
    log = settings.dbt_target / "stdout.log"
    with (
        dagster_instance(settings) as instance,
        log.open("w") as lines,
        contextlib.redirect_stdout(lines),
    ):
        if on_step is not None:
            instance.add_event_listener(run_id, lambda entry: _report(entry, on_step))
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags=tags,
            raise_on_error=False,
            run_config=_QUIET | {"ops": config or {}},
        )
    if not result.success:
        raise JobFailedError(_why(name, result))


def _report(entry: EventLogEntry, on_step: OnStep) -> None:
    event = entry.dagster_event
    if event is not None and event.step_key and event.event_type in _STATES:
        on_step(event.step_key, _STATES[event.event_type])


def _why(name: str, result: dg.ExecuteInProcessResult) -> str:
    lines = [f"job {name} failed"]
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            message = error.message.strip() if error else "no error recorded"
            lines.append(f"{event.step_key}: {message}")
    return "\n".join(lines)


def run_everything(
    settings: Settings, first: str | None, last: str | None, on_step: OnStep | None = None
) -> None:
    """Run the job `everything` over the billing months from `first` to `last`, both included.

    Without bounds: the months that the declared exports hold. Where none is declared, bills come
    by `tollgate ingest`, and the open month is as good as any: what has landed is built anyway.
    """
    delivered = sorted(
        {
            period
            for export in read_exports(settings.exports_file)
            for period in list_periods(export, settings.lake)
        }
    )
    fallback = datetime.now(UTC).strftime("%Y-%m")
    start = first or (delivered[0] if delivered else fallback)
    end = last or (delivered[-1] if delivered else fallback)
    valid = BILLING_MONTHS.get_partition_keys()
    for month in (start, end):
        if month not in valid:
            raise ValueError(
                f"billing month {month!r} is not between {valid[0]} and {valid[-1]}: "
                "write it as YYYY-MM"
            )
    run_job(settings, "everything", tags=period_range_tags(start, end), on_step=on_step)
