"""DuckDB as the landing uses it: bounded memory, UTC, the project's SQL macros.

Belongs here: connections and SQL macros. What is read and written is decided elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import duckdb

from orchestration.ingest.slices import SliceFiles

# What DuckDB raises for a statement or a machine, not for a file's content: a defect of ours, or
# no memory left. Everything else speaks of the data.
NOT_THE_DATA = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.NotImplementedException,
    duckdb.OutOfMemoryException,
)

# What two threads need to write the widest feed without spilling.
DEFAULT_MEMORY = "2GB"
MEMORY_VARIABLE = "TOLLGATE_DUCKDB_MEMORY"

MACROS = Path(__file__).with_name("macros")


@contextmanager
def connect(spill: Path, *, memory: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory DuckDB that spills to `spill` beyond its memory limit.

    The limit: the argument, else `TOLLGATE_DUCKDB_MEMORY`, else 2 GB.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory or os.environ.get(MEMORY_VARIABLE) or DEFAULT_MEMORY,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        # Every row carries its number. Keeping the order too would cost a thread that waits.
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(config=config)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register_filesystem(SliceFiles())
        for file in sorted(MACROS.glob("*.sql")):
            connection.execute(file.read_text(encoding="utf-8"))
        yield connection
    except RuntimeError as error:
        # What DuckDB makes of Ctrl-C while a statement runs.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise
    finally:
        connection.close()


class Session:
    """A connection that is opened at its first use: landing what is landed already needs none."""

    def __init__(self, spill: Path, *, memory: str | None = None) -> None:
        self._spill = spill
        self._memory = memory
        self._stack = ExitStack()
        self._db: duckdb.DuckDBPyConnection | None = None

    @property
    def db(self) -> duckdb.DuckDBPyConnection:
        """The connection."""
        if self._db is None:
            self._db = self._stack.enter_context(connect(self._spill, memory=self._memory))
        return self._db

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._db = None
        self._stack.__exit__(kind, error, where)


def text(value: str) -> str:
    """A SQL string literal; DuckDB reads a statement as far as its first NUL."""
    return "'" + value.replace("'", "''").replace("\0", "' || chr(0) || '") + "'"


def name(identifier: str) -> str:
    """A quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'
