"""What validators are shown: what Tollgate conforms of the demo, of samples, of generators."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from tests.validators.environments import ROOT, environment

TOLLGATE = ROOT / ".venv" / "bin" / "tollgate"
VIEWS = {
    "1.2": "focus_cost_and_usage_1_2",
    "1.3": "focus_cost_and_usage_1_3",
    "1.4": "focus_cost_and_usage",
}
# Enough rows for each kind of charge; the official validator takes minutes for ten times as many.
COMPANY_ROWS = "20000"
GENERATED_ROWS = "2000"
_GENERATED = ("1.2", "1.3")


class Shown(NamedTuple):
    """What validators are shown: rows of an installation."""

    name: str
    home: Path
    rows: str = "true"
    """SQL over the columns of the views."""
    given: bool = False
    """The bill was FOCUS already: conforming lifts it to 1.4 and changes none of its figures."""


_GIVEN = "\"x_Feed\" = 'focus'"


def installations(folder: Path) -> list[Shown]:
    """Everything that is shown, built where it is missing."""
    company = folder / "company"
    if not (company / "warehouse.duckdb").is_file():
        _tollgate(company, "demo", "--rows", COMPANY_ROWS)
    raw, *given = (folder / name for name in ("nise", *(f"toolkit-{v}" for v in _GENERATED)))
    if not (raw / "warehouse.duckdb").is_file():
        _generate_raw(folder / "bills", raw)
    for version, home in zip(_GENERATED, given, strict=True):
        if not (home / "warehouse.duckdb").is_file():
            _generate_focus(folder / "bills", home, version)
    samples = company / "demo" / "samples"
    return [
        Shown("demo company", company),
        Shown("real samples", samples, f"not ({_GIVEN})"),
        Shown("real samples given as FOCUS", samples, _GIVEN, given=True),
        Shown("koku-nise", raw),
        *(
            Shown(f"focus-data-toolkit {version}", home, given=True)
            for version, home in zip(_GENERATED, given, strict=True)
        ),
    ]


def _generate_raw(bills: Path, home: Path) -> None:
    """Two days of raw bills by koku-nise."""
    nise = environment("nise") / "nise"
    for provider in ("aws", "azure", "gcp"):
        folder = bills / f"nise-{provider}"
        folder.mkdir(parents=True, exist_ok=True)
        period = ["-s", "2026-01-01", "-e", "2026-01-03", "-w"]
        subprocess.run(
            [nise, "report", provider, *period], cwd=folder, check=True, capture_output=True
        )
        _tollgate(home, "ingest", "--export", f"nise-{provider}", *_files(folder))
    _tollgate(home, "build")


def _generate_focus(bills: Path, home: Path, version: str) -> None:
    """FOCUS files by focus-data-toolkit: of every version the same accounts."""
    toolkit = environment("toolkit") / "focus-toolkit"
    for provider in ("aws", "azure", "gcp"):
        name = f"toolkit-{provider}-{version.replace('.', '-')}"
        subprocess.run(
            [toolkit, "generate", "--provider", provider, "--focus-version", version,
             "--rows", GENERATED_ROWS, "--out", bills / name],
            check=True, capture_output=True,
        )  # fmt: skip
        files = [file for file in _files(bills / name) if "cost" in Path(file).name.lower()]
        _tollgate(home, "ingest", "--feed", "focus", "--export", name, *files)
    _tollgate(home, "build")


def _files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*.csv"))


def _tollgate(home: Path, *arguments: str) -> None:
    environment = os.environ | {"TOLLGATE_HOME": str(home), "TOLLGATE_ENGINE": "duckdb"}
    done = subprocess.run(
        [TOLLGATE, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"tollgate {' '.join(arguments[:3])} failed:\n{done.stdout}{done.stderr}")


def export(shown: Shown, version: str, path: Path, options: Sequence[str]) -> None:
    """Write the rows of a view as validators read them.

    Texts are VARCHAR, since CSV sniffing makes numbers of account ids, and ASCII, which the
    official validator asks for although no bill is held to it; times are FOCUS's text. Numbers in
    Parquet are floats: the official validator multiplies prices without regard to the scale of
    decimals. In CSV they are written out, as FOCUS knows no 1e-05.
    """
    view = VIEWS[version]
    with duckdb.connect(str(shown.home / "warehouse.duckdb"), read_only=True) as connection:
        described = connection.execute(f"describe focus.{view}").fetchall()
        number = _FLOAT if path.suffix == ".parquet" else _WRITTEN_OUT
        columns = ", ".join(
            f'{_value(name, kind, number)} as "{name}"' for name, kind, *_ in described
        )
        connection.execute(
            f"copy (select {columns} from focus.{view} where {shown.rows}) "
            f"to '{path}' ({', '.join(options)})"
        )


_FLOAT = 'CAST("{name}" AS DOUBLE)'
_WRITTEN_OUT = "regexp_replace(CAST(\"{name}\" AS VARCHAR), '\\.?0+$', '')"


def _value(name: str, kind: str, number: str) -> str:
    if kind.startswith("TIMESTAMP"):
        return f"strftime(\"{name}\", '%Y-%m-%dT%H:%M:%SZ')"
    if kind == "VARCHAR":
        return f"regexp_replace(\"{name}\", '[^\\x20-\\x7e]', '?', 'g')"
    return number.format(name=name) if kind.startswith("DECIMAL") else f'"{name}"'
