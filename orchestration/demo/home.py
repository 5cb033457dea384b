"""The installation that the demo runs in: nobody's own, and begun anew where it must be."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.ingest.engine import MEMORY_VARIABLE
from orchestration.ingest.exports import landed_partitions, read_exports
from orchestration.ingest.stores import Address
from orchestration.settings import Settings

# Two engines run side by side here; 2 GB must hold them and all that is around them.
MEMORY = "500MB"


class DemoError(RuntimeError):
    """The demo cannot run here; the message says why and what to do."""


@contextmanager
def own_home(settings: Settings) -> Iterator[Path | None]:
    """The installation, prepared and for this demo alone; an error while another one runs in it.

    Gives where the operational store of the demo before was put, if there was one.
    """
    refuse_shared_store(settings)
    lock = settings.home / "demo" / ".lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(
                f"another demo is running in {settings.home}: wait for it, or set TOLLGATE_HOME to "
                "another folder"
            ) from error
        yield _prepare(settings)


def refuse_shared_store(settings: Settings) -> None:
    """An error where the operational store is not the home's own: the demo approves and acts."""
    if settings.ops_shared:
        raise DemoError(
            "the demo's decisions and approvals do not belong into the store of TOLLGATE_OPS_URL: "
            "unset it for the demo"
        )


def _prepare(settings: Settings) -> Path | None:
    """Refuse a home with somebody's own bills; begin the demo's operational store anew.

    Sets the engines' memory for this process and those it starts. The emulator starts anew each
    time, so an old journal would tell of resources of another world.
    """
    own = {export.path for export in read_exports(settings.exports_file)}
    demo = settings.home / "demo"
    foreign = [path for path in own if isinstance(path, Address) or not path.is_relative_to(demo)]
    landed = landed_partitions(settings.lake)
    if foreign or (landed and not settings.in_the_past):
        raise DemoError(
            f"{settings.home} holds bills that are not the demo's: set TOLLGATE_HOME to another "
            "folder for the demo"
        )
    os.environ.setdefault(MEMORY_VARIABLE, MEMORY)
    return _put_away(settings.home / "ops.sqlite")


def _put_away(store: Path) -> Path | None:
    """Rename a SQLite file and all that belongs to it; what was put away before is replaced."""
    kept = store.with_name("ops.before.sqlite")
    found = store.exists()
    for ending in ("", "-wal", "-shm"):
        now, then = (Path(f"{path}{ending}") for path in (store, kept))
        if found:
            then.unlink(missing_ok=True)
        if now.exists():
            now.replace(then)
    return kept if found else None


def report_path(settings: Settings) -> Path:
    """Where the report is as JSON, for scripts."""
    return settings.home / "demo" / "report.json"
