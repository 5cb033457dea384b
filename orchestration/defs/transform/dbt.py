"""dbt in this process, on the project as it was parsed before.

A dbt of its own per invocation would import and parse for longer than most builds run, and a
laptop would pay for the processes.
"""

from __future__ import annotations

import os
import queue
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import msg_to_dict

from orchestration.defs.transform.project import (
    DBT_FOLDER,
    MANIFEST,
    PARTIAL_PARSE,
    dbt_environment,
    parsed_project,
)
from orchestration.settings import PROJECT_ROOT, Settings, load_settings
from orchestration.warehouse import Warehouse

DbtEvent = dict[str, Any]
"""One line of dbt's structured log: `info` and `data`."""

# Of dbt's NodeStatus, what makes a command fail.
_FAILED = ("error", "fail", "runtime error", "partial success")
# Rows of a failed test that its message shows.
_SHOWN = 3


class DbtFailedError(RuntimeError):
    """A dbt command did not succeed; the message names the nodes and what they said."""


def run_dbt(
    settings: Settings, *arguments: str, heard: Callable[[DbtEvent], None] | None = None
) -> None:
    """Run a dbt command on an installation; `heard` is called with what happened, in dbt's threads.

    dbt's many debug events are left out: turning them into dicts takes as long as small models.

    Raises `DbtFailedError`. One at a time per process: dbt's flags and adapters are global.
    """
    parsed = parsed_project(settings)
    manifest = Manifest.from_msgpack((parsed / PARTIAL_PARSE).read_bytes())
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    callbacks = [_listener(heard)] if heard else []
    target = settings.dbt_target
    target.mkdir(parents=True, exist_ok=True)
    # Beside what the run did, for those who read dbt's artefacts: `tollgate gate dbt`, catalogues.
    shutil.copyfile(parsed / MANIFEST, target / MANIFEST)
    options = {
        "--project-dir": PROJECT_ROOT,
        "--profiles-dir": DBT_FOLDER,
        "--target": settings.engine,
        "--target-path": target,
        "--log-path": target,
        # dbt's debug log takes longer to write than most models to build.
        "--log-level-file": "none",
    }
    with _environment(settings):
        done = dbtRunner(manifest=manifest, callbacks=callbacks).invoke(
            # The manifest is there already; what a run did is written below.
            ["--no-write-json", "--no-use-colors", *arguments]
            + [str(part) for option in options.items() for part in option]
        )
    if isinstance(done.result, RunExecutionResult):
        done.result.write(str(target / "run_results.json"))
    if not done.success:
        raise DbtFailedError(_why(done, Warehouse(settings)))


def dbt_events(settings: Settings, arguments: Sequence[str]) -> Iterator[DbtEvent]:
    """Run a dbt command and give its events as they happen; raises `DbtFailedError` at the end."""
    heard: queue.SimpleQueue[DbtEvent | None] = queue.SimpleQueue()
    failure: list[Exception] = []

    def work() -> None:
        try:
            run_dbt(settings, *arguments, heard=heard.put)
        except Exception as error:  # noqa: BLE001 (raised again by the thread that waits)
            failure.append(error)
        finally:
            heard.put(None)

    # A process that is told to end does not wait for it: engines roll back what is unfinished.
    worker = threading.Thread(target=work, name="dbt", daemon=True)
    worker.start()
    yield from iter(heard.get, None)
    worker.join()
    if failure:
        raise failure[0]


def _listener(heard: Callable[[DbtEvent], None]) -> Callable[[EventMsg], None]:
    def listen(event: EventMsg) -> None:
        if event.info.level != "debug":
            heard(msg_to_dict(event))

    return listen


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """The installation's environment, and afterwards no connection that is left open."""
    before = dict(os.environ)
    os.environ.update(dbt_environment(settings))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        # DuckDB lets go of the file, and of the memory, with the last reference.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _why(done: dbtRunnerResult, warehouse: Warehouse) -> str:
    if not isinstance(done.result, RunExecutionResult):
        return f"dbt failed: {done.exception}"
    failed = [result for result in done.result.results if result.status in _FAILED]
    return "\n".join(
        ["dbt failed:", *(line for result in failed for line in _told(result, warehouse))]
    )


def _told(result: Any, warehouse: Warehouse) -> Iterator[str]:
    """What a node said; of a test that found something also its remedy, and the first it found."""
    yield f"{result.node.unique_id}: {result.message}"
    if result.status != "fail" or not result.node.compiled_code:
        return
    if result.node.description:
        yield result.node.description
    found = warehouse.query(f"select * from ({result.node.compiled_code}) as found limit {_SHOWN}")
    for row in found.astype(object).to_dict("records"):
        yield "  " + ", ".join(f"{name} {value}" for name, value in row.items())


def main() -> None:
    """`python -m orchestration.defs.transform.dbt build …`: dbt on the installation of the
    environment, without parsing it anew."""
    try:
        run_dbt(load_settings(), *sys.argv[1:])
    except DbtFailedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
