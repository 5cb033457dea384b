"""Bring the lake to the warehouse's engine: DuckDB reads it in place, PostgreSQL gets a copy."""

from __future__ import annotations

from orchestration.ingest.lake import ensure_contracts
from orchestration.ingest.manifest import landed
from orchestration.ingest.postgres import load_lake, postgres_dsn
from orchestration.settings import Settings

__all__ = ["ensure_contracts", "load"]


def load(settings: Settings) -> int:
    """Make all landed partitions readable on the chosen engine; how many there are."""
    if settings.engine == "postgres":
        load_lake(settings.lake, postgres_dsn())
    return sum(1 for _ in landed(settings.lake))
