"""Where dbt's project, profiles and artefacts are, and its manifest, parsed once for all homes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from orchestration.ingest.locks import exclusive
from orchestration.settings import PROJECT_ROOT, Settings

DBT_FOLDER = PROJECT_ROOT / "dbt_project"
# dbt's own place for what it makes of a project.
PARSED = PROJECT_ROOT / "target" / "parsed"
# Two engines, with unit tests and without, and what they were before an edit.
KEPT = 8
MANIFEST, PARTIAL_PARSE = "manifest.json", "partial_parse.msgpack"

_DISTRIBUTIONS = ("dbt-core", "dbt-adapters", "dbt-duckdb", "dbt-postgres")


class DbtParseError(RuntimeError):
    """dbt could not read its own project."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What dbt's profile and macros read, with the process's own environment."""
    return os.environ | settings.environment() | {"DBT_PROFILES_DIR": str(DBT_FOLDER)}


def parsed_project(settings: Settings) -> Path:
    """The folder with the manifest of the project as it is now; dbt parses it where there is none.

    Nothing in it depends on `TOLLGATE_HOME` (the macro `source` puts the lake in when a build
    runs): reading some three hundred files takes dbt longer than most builds.
    """
    kind = _kind(settings)
    with exclusive(PARSED / ".lock"):
        folder = PARSED / f"{kind}-{_digest()}"
        if not folder.is_dir():
            _parse(settings, kind, folder)
        folder.touch()
        for old in _by_age(PARSED.glob("*-*"))[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    return folder


def _kind(settings: Settings) -> str:
    """What a manifest depends on beside the project's files and dbt's version."""
    parts: list[str] = [settings.engine]
    if settings.engine == "postgres":
        parts.append(os.environ.get("TOLLGATE_PG_DATABASE", "tollgate"))
    if os.environ.get("TOLLGATE_DBT_UNIT_TESTS") == "true":
        parts.append("tested")
    return "_".join(parts)


def _digest() -> str:
    found = hashlib.sha256(repr([version(name) for name in _DISTRIBUTIONS]).encode())
    for path in (PROJECT_ROOT / "dbt_project.yml", *sorted(DBT_FOLDER.rglob("*"))):
        if path.is_file():
            found.update(f"{path.relative_to(PROJECT_ROOT)}:{path.stat().st_size}:".encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _parse(settings: Settings, kind: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".parsing_", dir=PARSED) as name:
        unfinished = Path(name) / folder.name
        unfinished.mkdir()
        for before in _by_age(PARSED.glob(f"{kind}-*"))[:1]:
            # dbt reads again only what has changed since.
            shutil.copyfile(before / PARTIAL_PARSE, unfinished / PARTIAL_PARSE)
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", "--target", settings.engine],
            env=dbt_environment(settings)
            | {
                "DBT_PROJECT_DIR": str(PROJECT_ROOT),
                "DBT_TARGET_PATH": str(unfinished),
                "DBT_LOG_LEVEL_FILE": "none",
                "TOLLGATE_HOME": str(unfinished),
            },
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DbtParseError(f"dbt cannot parse its project:\n{done.stdout}{done.stderr}")
        unfinished.rename(folder)


def _by_age(folders: Iterable[Path]) -> list[Path]:
    """Newest first."""
    return sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)
