"""`make bench`: landing and conforming a CUR CSV, as ratios to what DuckDB itself takes.

Every step runs in a process of its own, in turns with what it is compared with, on the same files;
what counts is the median of the ratios of each turn. Also: the whole way against the official
converter, memory, and what one restated month of fourteen costs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from orchestration.demo.company import MONTHS
from orchestration.ingest.lake import ensure_contracts
from tests.bench.bills import write_month
from tests.bench.memory import Watched, watched

ROOT = Path(__file__).resolve().parents[2]
SIZES = (1_000_000, 5_000_000, 10_000_000, 20_000_000)
LIMITS = {"landing": 1.5, "conform": 3.0}
FASTER_THAN_CONVERTER = 5.0
MOST_MEMORY = 4 << 30
_NOT_MEASURED = "not measured"
# The converter's own pins no longer resolve to versions that it can be imported with.
_CONVERTER = ("focus-converter==1.0.0", "multimethod<2", "setuptools<81", "click<8.2")


@dataclass
class Result:
    """One size: seconds of each turn by step, and the rest."""

    rows: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    peak: int = 0
    converter: float | None = None
    """Rows per second."""
    months: tuple[float, float] | None = None
    """Seconds for all fourteen months, and for one of them again."""

    def ratio(self, step: str, plain: str) -> float:
        """The median of the ratios of each turn."""
        pairs = zip(self.seconds[step], self.seconds[plain], strict=True)
        return median(a / b for a, b in pairs)


class Bench:
    """The files and steps of one size."""

    def __init__(self, folder: Path, rows: int, progress: Progress):
        self.folder, self.result = folder, Result(rows)
        self._progress = progress
        self._task = progress.add_task(f"{rows:,} rows")

    def say(self, what: str) -> None:
        self._progress.update(self._task, description=f"{self.result.rows:,} rows: {what}")

    def step(self, name: str, *arguments: object, keep: bool = True) -> float:
        """Run one step; its seconds."""
        self.say(name)
        done = watched([sys.executable, "-m", "tests.bench.steps", name, *arguments], os.environ)
        _check(name, done)
        seconds = float(json.loads(done.output.splitlines()[-1])["seconds"])
        if keep:
            self.result.seconds.setdefault(name, []).append(seconds)
        if name == "landing":
            self.result.peak = max(self.result.peak, done.peak)
        return seconds

    def dbt(self, home: Path) -> tuple[float, float]:
        """Build all models: seconds of the charges alone, and of the whole command."""
        self.say("dbt")
        ensure_contracts(home / "lake")
        artefacts = home / "target"
        environment = os.environ | {
            "TOLLGATE_ENGINE": "duckdb",
            "TOLLGATE_HOME": str(home),
            "DBT_PROFILES_DIR": str(ROOT / "dbt_project"),
            "DBT_TARGET_PATH": str(artefacts),
            "DBT_LOG_PATH": str(artefacts / "logs"),
        }
        dbt = Path(sys.executable).with_name("dbt")
        command = [dbt, "build", "--exclude-resource-type", "test", "--project-dir", ROOT]
        started = time.monotonic()
        done = watched(command, environment)
        whole = time.monotonic() - started
        _check("dbt", done)
        self.result.peak = max(self.result.peak, done.peak)
        results = json.loads((artefacts / "run_results.json").read_text())["results"]
        charges = next(r for r in results if r["unique_id"].endswith(".fct_focus_charges"))
        return float(charges["execution_time"]), whole

    def run(self, repeats: int, *, converter: bool, months: bool) -> Result:
        bill = self.folder / "bill.csv"
        self.say("writing the bill")
        write_month(bill, MONTHS[0], self.result.rows)
        for turn in range(repeats):
            home = self.folder / f"home{turn}"
            self.step("plain_copy", bill, self.folder / "plain.parquet")
            landed = self.step("landing", home / "lake", bill)
            conformed, built = self.dbt(home)
            self.result.seconds.setdefault("conform", []).append(conformed)
            charges = self.folder / "charges.parquet"
            if turn == 0:
                warehouse = home / "warehouse.duckdb"
                self.step("export_charges", warehouse, charges, keep=False)
            self.step("plain_table", charges, self.folder / "plain.duckdb")
            self.result.seconds.setdefault("whole", []).append(landed + built)
            shutil.rmtree(home)
        if converter:
            self.say("the official converter")
            self.result.converter = self._converter(bill)
        bill.unlink()
        if months:
            self.result.months = self._months()
        return self.result

    def _converter(self, bill: Path) -> float | None:
        out = self.folder / "converter"
        out.mkdir()
        packages = [part for extra in _CONVERTER[1:] for part in ("--with", extra)]
        tool = [ROOT / ".tools/bin/uv", "tool", "run", "--from", _CONVERTER[0], *packages]
        if watched([*tool, "focus-converter", "--help"], os.environ).code != 0:
            return None
        started = time.monotonic()
        done = watched(
            [
                *(*tool, "focus-converter", "convert", "--provider", "aws-cur"),
                *("--data-path", bill, "--data-format", "csv", "--export-path", out),
            ],
            os.environ,
        )
        seconds = time.monotonic() - started
        shutil.rmtree(out)
        return self.result.rows / seconds if done.code == 0 else None

    def _months(self) -> tuple[float, float]:
        """Fourteen months from nothing, then one of them restated: landing and charges."""
        home = self.folder / "months"
        bills = [self.folder / f"{month.name}.csv" for month in MONTHS]
        self.say("writing fourteen months")
        for month, bill in zip(MONTHS, bills, strict=True):
            write_month(bill, month, self.result.rows // len(MONTHS))
        everything = self.step("landing", home / "lake", *bills, keep=False) + self.dbt(home)[0]
        write_month(bills[6], MONTHS[6], self.result.rows // len(MONTHS) - 1)
        one = self.step("landing", home / "lake", bills[6], keep=False) + self.dbt(home)[0]
        return everything, one


def _check(name: str, done: Watched) -> None:
    if done.code != 0:
        raise SystemExit(f"{name} ended with {done.code}:\n{(done.output + done.errors)[-2000:]}")


def _table(results: list[Result]) -> Table:
    table = Table(title="Ratios: medians of interleaved turns")
    for header in (
        "rows",
        "landing / plain copy",
        "conform / plain table",
        "raw to marts, rows/s",
        "official converter, rows/s",
        "one month of fourteen",
        "peak memory",
    ):
        table.add_column(header, justify="right")
    for r in results:
        speed = r.rows / median(r.seconds["whole"])
        table.add_row(
            f"{r.rows:,}",
            _limited(r.ratio("landing", "plain_copy"), LIMITS["landing"]),
            _limited(r.ratio("conform", "plain_table"), LIMITS["conform"]),
            f"{speed:,.0f}",
            _NOT_MEASURED
            if r.converter is None
            else f"{r.converter:,.0f} (we: {speed / r.converter:.1f} times that"
            f"{'' if speed >= FASTER_THAN_CONVERTER * r.converter else ', below 5'})",
            _NOT_MEASURED if r.months is None else f"1/{r.months[0] / r.months[1]:.1f}",
            f"{r.peak / 2**20:,.0f} MiB{'' if r.peak < MOST_MEMORY else ' (above 4 GiB)'}",
        )
    return table


def _limited(ratio: float, limit: float) -> str:
    return f"{ratio:.2f} (at most {limit:g}{'' if ratio <= limit else ': missed'})"


def main() -> int:
    """Measure the sizes asked for and print the table; always 0, since machines differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ingest", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[SIZES[0]], help="default: 1000000")
    parser.add_argument("--all", action="store_true", help="1, 5, 10 and 20 million rows")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-converter", action="store_true", help="leave the converter out")
    parser.add_argument("--no-months", action="store_true", help="leave the fourteen months out")
    parser.add_argument("--folder", type=Path, help="where the files go: 45 GB for 20 million rows")
    asked = parser.parse_args()
    results = []
    console = Console()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for rows in SIZES if asked.all else asked.rows:
            with tempfile.TemporaryDirectory(prefix="tollgate-bench-", dir=asked.folder) as folder:
                bench = Bench(Path(folder), rows, progress)
                converter, months = not asked.no_converter, not asked.no_months
                results.append(bench.run(asked.repeats, converter=converter, months=months))
    console.print(_table(results))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
