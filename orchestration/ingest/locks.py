"""Locks between processes, and working folders that vanish with the process that made them.

The kernel drops a lock when its process dies, however it dies: no lock is ever left behind.
"""

from __future__ import annotations

import errno
import fcntl
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestration.ingest.errors import IngestError

STAGING = "_staging"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def exclusive(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a lock file exclusively; wait for the process that holds it now.

    `on_wait` is called where there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait is not None:
                on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def working_folder(lake: Path) -> Iterator[Path]:
    """A folder inside the lake, so that finished files move into place with one rename.

    Folders that killed processes left behind are removed first. A disk that becomes full while it
    is used is an `IngestError`.
    """
    staging = lake / STAGING
    with _told_where_full(lake):
        staging.mkdir(parents=True, exist_ok=True)
        remove_abandoned(staging)
        folder = staging / uuid.uuid4().hex
        lock = staging / f"{folder.name}.lock"
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                lock.unlink(missing_ok=True)


@contextmanager
def _told_where_full(lake: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise IngestError(
            f"The disk of {lake} is full ({error.strerror}). Free some space, then try again."
        ) from error


def remove_abandoned(staging: Path) -> None:
    """Remove working folders whose process is gone: their lock can be had."""
    for lock in staging.glob("*.lock"):
        with suppress(FileNotFoundError, BlockingIOError), lock.open("r") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(staging / lock.stem, ignore_errors=True)
            lock.unlink(missing_ok=True)
