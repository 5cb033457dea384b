"""Where Tollgate keeps its state and which engine it talks to, read from the environment.

Belongs here: paths under `TOLLGATE_HOME` and the choice of the warehouse engine.
Does not belong here: credentials (environment or the cloud SDKs' own chains) and business rules.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast, get_args

Engine = Literal["duckdb", "postgres"]

# A month that is delivered daily, and what its provider corrects after the close.
KEPT_VERSIONS = 40

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """An environment variable holds something that Tollgate cannot use."""


@dataclass(frozen=True)
class Settings:
    """Paths and engine of one Tollgate installation; build it with `load_settings`."""

    home: Path
    engine: Engine = "duckdb"
    # Whether somebody named the home, or it is the default in whatever folder this runs in.
    chosen: bool = True

    @property
    def lake(self) -> Path:
        """Landed bills: `lake/<feed>/<export>/billing_period=YYYY-MM/`."""
        return self.home / "lake"

    @property
    def kept_versions(self) -> int:
        """How many superseded versions of a landed month the lake keeps."""
        value = os.environ.get("TOLLGATE_KEPT_VERSIONS") or str(KEPT_VERSIONS)
        if not value.isdecimal():
            raise SettingsError(f"TOLLGATE_KEPT_VERSIONS is {value!r}; set it to a whole number")
        return int(value)

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds; one writer at a time."""
        return self.home / "warehouse.duckdb"

    def as_of(self, moment: datetime) -> Settings:
        """The installation below this one that holds the state of a moment, always in DuckDB."""
        return Settings(self.home / "as_of" / f"{moment.astimezone(UTC):%Y-%m-%dT%H%M%SZ}")

    @property
    def published(self) -> Path:
        """The read-only copy of the warehouse that BI tools and `tollgate query` read.

        It has the warehouse's own file name, since DuckDB takes the catalog's name from it and
        views name their catalog.
        """
        return self.home / "published" / self.warehouse.name

    @property
    def ops_url(self) -> str:
        """SQLAlchemy URL of the operational store (decisions, approvals, journal)."""
        return os.environ.get("TOLLGATE_OPS_URL") or f"sqlite:///{self.home / 'ops.sqlite'}"

    @property
    def ops_shared(self) -> bool:
        """Whether the operational store was named: else it holds only what was decided here."""
        return bool(os.environ.get("TOLLGATE_OPS_URL"))

    @property
    def exports_file(self) -> Path:
        """Declares the bill exports that the Dagster assets ingest (see `ingest/exports.py`)."""
        return self.home / "exports.toml"

    @property
    def capacity_file(self) -> Path:
        """Declares the fleets that capacity is planned for (`analytics/capacity/target.py`)."""
        return self.home / "capacity.toml"

    @property
    def dbt_target(self) -> Path:
        """dbt's artefacts, kept out of the source tree and apart per installation."""
        return self.home / "dbt_target"

    @property
    def clock_file(self) -> Path:
        """Holds an ISO time where this installation lives in the past: a demo or a replay."""
        return self.home / "shifted_clock"

    @property
    def in_the_past(self) -> bool:
        """Whether the clock is shifted here; nothing may then act on a real cloud."""
        return self.clock_file.exists()

    def now(self) -> datetime:
        """The time that evidence, budgets and plans are judged by, in UTC.

        A shifted clock runs on from the time in its file, counted from when that was written.
        """
        now = datetime.now(UTC)
        if not self.in_the_past:
            return now
        text = self.clock_file.read_text().strip()
        written = datetime.fromtimestamp(self.clock_file.stat().st_mtime, UTC)
        try:
            return datetime.fromisoformat(text).astimezone(UTC) + (now - written)
        except ValueError as error:
            raise SettingsError(
                f"{self.clock_file} holds {text!r}, which is no ISO time: correct or remove it"
            ) from error

    def environment(self) -> dict[str, str]:
        """What a child process needs to work on this installation."""
        now = {"TOLLGATE_NOW": f"{self.now():%Y-%m-%d %H:%M:%S}"} if self.in_the_past else {}
        return {"TOLLGATE_HOME": str(self.home), "TOLLGATE_ENGINE": self.engine} | now

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.home / "dagster"


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read `TOLLGATE_HOME` (default `.tollgate` in the working folder) and `TOLLGATE_ENGINE`."""
    source = os.environ if env is None else env
    engine = source.get("TOLLGATE_ENGINE") or "duckdb"
    if engine not in get_args(Engine):
        allowed = ", ".join(get_args(Engine))
        raise SettingsError(f"TOLLGATE_ENGINE is {engine!r}; set it to one of: {allowed}")
    named = source.get("TOLLGATE_HOME")
    home = Path(named or ".tollgate").expanduser().resolve()
    return Settings(home=home, engine=cast(Engine, engine), chosen=bool(named))
