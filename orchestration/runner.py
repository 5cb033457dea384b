"""Runs Dagster jobs in this process, recorded where the UI finds them, with a progress callback."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import logging
import os
import re
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import dagster as dg
from dagster import DagsterInstance, EventLogEntry
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import SingletonThreadPool

from orchestration.assemble import assemble
from orchestration.defs.ingest.checks import PROBLEMS
from orchestration.ingest.locks import exclusive
from orchestration.partitions import BILLING_MONTHS, period_range_tags
from orchestration.settings import Settings

_CONFIG = "dagster.yaml"
# No telemetry, no invitation over the first page, one run at a time: DuckDB takes one writer. Runs
# are retried where they ask for it (`new_bills`).
_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
run_retries:
  enabled: true
"""

# Between two looks for garbage; Python's own is 700 (2,000 in its newest releases).
NEW_OBJECTS = 100_000

# How Dagster spells the class of an error that Tollgate raises.
_OURS = re.compile(r"\A(?:actions|orchestration|policies)\.[\w.]+: ")

OnStep = Callable[[str, str], None]
"""Called with (step key, 'started' | 'done' | 'failed')."""

OnWait = Callable[[str], None]
"""Called with what is waited for."""

# As DuckDB names the process that has the file open.
_HELD = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")

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
    make_dagster_home(settings)
    with DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        yield instance


def make_dagster_home(settings: Settings) -> None:
    """Make Dagster's storage whole or not at all.

    Dagster itself makes one database after another: two processes that do so at once, or one that
    is killed meanwhile, would leave a storage that does not open any more.
    """
    home = settings.dagster_home
    with exclusive(home.with_name(".dagster.lock")):
        if (home / _CONFIG).exists():
            return
        unfinished = home.with_name(".dagster.unfinished")
        for left in (unfinished, home):
            shutil.rmtree(left, ignore_errors=True)
        unfinished.mkdir(parents=True)
        (unfinished / _CONFIG).write_text(_DAGSTER_YAML)
        with DagsterInstance.from_config(str(unfinished)):
            pass
        unfinished.rename(home)


def run_job(
    settings: Settings,
    name: str,
    *,
    tags: dict[str, str] | None = None,
    config: dict[str, Any] | None = None,
    on_step: OnStep | None = None,
    on_wait: OnWait | None = None,
) -> list[str]:
    """Execute a job in this process; raises `JobFailedError` where a step fails.

    Returns what its checks warn of, a line each: the check, the rows, and its description.

    `tags` carry the partition range (`partitions.period_range_tags`), `config` the ops' own.
    Waits for another process that runs a job on this installation; `on_wait` is told of it.
    """
    with alone(settings, on_wait):
        return _run_job(settings, name, tags, config, on_step)


@contextmanager
def alone(settings: Settings, on_wait: OnWait | None) -> Iterator[None]:
    """Hold this installation's jobs: its warehouse takes one writer."""
    lock = settings.home / ".job.lock"
    holder = _holder(lock)
    if holder is not None and on_wait is not None:
        on_wait(f"process {holder} is building in {settings.home}: waiting until it has ended")
    with exclusive(lock):
        lock.write_text(f"{os.getpid()}")
        yield


def _holder(lock: Path) -> str | None:
    """The process that holds the lock; None where it is free."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            return handle.read() or "of another user"
    return None


def _run_job(
    settings: Settings,
    name: str,
    tags: dict[str, str] | None,
    config: dict[str, Any] | None,
    on_step: OnStep | None,
) -> list[str]:
    # dagster-dbt's remarks are kept with the run; the root logger would print them once more.
    logging.getLogger("dagster.builtin").propagate = False
    # The assets' resources read the installation from the environment.
    os.environ.update(settings.environment())
    job = assemble(settings).resolve_job_def(name)
    run_id = str(uuid.uuid4())
    # dbt's own log lines: Dagster repeats them on stdout, which belongs to the command's result.
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    log = settings.dbt_target / "stdout.log"
    with (
        _rare_collections(),
        _unhurried_log(settings.dagster_home),
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
    graph = job.asset_layer.asset_graph
    return [
        _warning(check, graph.get_check_spec(check.asset_check_key).description)
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.WARN
    ]


def _warning(check: dg.AssetCheckEvaluation, promised: str | None) -> str:
    rows = check.metadata.get("dagster_dbt/failed_row_count")
    found = f" (rows: {rows.value})" if rows else ""
    said = check.description or promised
    meant = ": " + " ".join(said.split()) if said else ""
    return f"{check.asset_key.to_user_string()} {check.check_name}{found}{meant}"


class _KeptConnections(SingletonThreadPool):
    """One connection a thread that outlives Dagster's `dispose()` after every event.

    Without it each event opens the file and, closing it, folds the write-ahead log back.
    """

    def dispose(self) -> None:
        """Only the one who made the engine ends its connections."""

    def recreate(self) -> _KeptConnections:
        """The same pool: nothing was disposed of."""
        return self

    def end(self) -> None:
        """Close the connections."""
        super().dispose()


@contextmanager
def _unhurried_log(folder: Path) -> Iterator[None]:
    """Let Dagster write its SQLite event log below `folder` without its two detours.

    It opens, commits and closes a database for each of hundreds of events: every one would wait
    for the disk, and, with an engine of its own, connect and compile its statements anew. A power
    failure may cost the log of the run; bills, marts and decisions are elsewhere and keep their
    own guarantees.
    """
    engines: dict[str, Engine] = {}

    def engine_of(url: str, **options: Any) -> Engine:
        if url not in engines:
            engines[url] = create_engine(url, **options | {"poolclass": _KeptConnections})
        return engines[url]

    def relax(connection: Any, _: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            (_, _, path), *_ = connection.execute("pragma database_list").fetchall()
            if path and Path(path).is_relative_to(folder):
                connection.execute("pragma synchronous = off")

    event.listen(Engine, "connect", relax)
    try:
        with patch.object(sqlite_event_log, "create_engine", engine_of):
            yield
    finally:
        event.remove(Engine, "connect", relax)
        for engine in engines.values():
            cast(_KeptConnections, engine.pool).end()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Spare the garbage collector what stays until the end: modules, Dagster's graph, dbt's.

    A job makes few cycles among very many objects; looking for them was a fifth of its time.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _report(entry: EventLogEntry, on_step: OnStep) -> None:
    happened = entry.dagster_event
    if happened is not None and happened.step_key and happened.event_type in _STATES:
        on_step(happened.step_key, _STATES[happened.event_type])


def _why(name: str, result: dg.ExecuteInProcessResult) -> str:
    lines = [f"job {name} failed"]
    for happened in result.all_events:
        if happened.is_step_failure:
            lines.append(f"{happened.step_key}: {plainly(_said(happened.step_failure_data.error))}")
        if happened.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = happened.asset_check_evaluation_data
            if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
                problems = check.metadata.get(PROBLEMS)
                found = f":\n{problems.value}" if problems else ""
                lines.append(f"{check.asset_key.to_user_string()} {check.check_name}{found}")
    return "\n".join(lines)


def _said(error: SerializableErrorInfo | None) -> str:
    """What an error of Tollgate's own says, since it names the remedy; else the first cause."""
    if error is None:
        return "no error recorded"
    while error.cause is not None and not _OURS.match(error.message):
        error = error.cause
    if error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
        return "interrupted. Build again: what is complete is kept."
    return _OURS.sub("", error.message.strip(), count=1)


def plainly(message: str) -> str:
    """A step's error; where somebody else has the warehouse open, who, and what to do."""
    held = _HELD.search(message)
    if held is None:
        return message
    return (
        f"the warehouse is held by process {held['pid']} ({held['program']}): wait until it has "
        "ended, or close it there, and build again"
    )


def run_everything(
    settings: Settings,
    first: str | None,
    last: str | None,
    on_step: OnStep | None = None,
    on_wait: OnWait | None = None,
) -> list[str]:
    """Run the job `everything`: all months that the declared exports hold, or a range of them.

    `first` and `last` ('YYYY-MM', both included) go together; what landed by other ways is
    built in any case. Returns what checks warn of.
    """
    tags = None
    if first or last:
        valid = BILLING_MONTHS.get_partition_keys()
        start, end = first or last or "", last or first or ""
        for month in (start, end):
            if month not in valid:
                raise ValueError(
                    f"billing month {month!r} is not between {valid[0]} and {valid[-1]}: "
                    "write it as YYYY-MM"
                )
        tags = period_range_tags(start, end)
    return run_job(settings, "everything", tags=tags, on_step=on_step, on_wait=on_wait)
