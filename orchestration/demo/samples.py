"""The real sample bills, through the same door as a customer's: landed, conformed, compared.

They have an installation of their own (`python -m orchestration.demo.samples` in its
`TOLLGATE_HOME`), so that the demo can run them beside the company, and nothing of theirs is ever
added to the company's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.ingest.landing import LandingResult, land
from orchestration.ingest.samples import read_samples
from orchestration.runner import run_everything
from orchestration.settings import PROJECT_ROOT, Settings, load_settings
from orchestration.warehouse import Warehouse

SAMPLES = PROJECT_ROOT / "tests" / "fixtures" / "billing" / "samples.toml"

RESULT, LOG = "samples.json", "samples.log"
BEHIND = 10

_RECONCILED = """
select x_feed, x_export, measure, billing_currency, sum(landed_amount),
       sum(explained_amount), sum(mart_amount)
from marts.fct_reconciliation group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""

Landed = Mapping[str, list[LandingResult]]
"""What landed of each sample, by its path below the samples' folder."""


@dataclass(frozen=True)
class SampleTotal:
    """One sum of one sample bill: the file's own, and the mart's."""

    path: str
    feed: str
    rows: int
    measure: str
    currency: str | None
    file: Decimal
    explained: Decimal
    """What FOCUS demands to differ from the file, line by line in marts.fct_billed_differences."""
    mart: Decimal | None
    """None where the file holds no charges but usage, drivers or an inventory."""

    @property
    def equal(self) -> bool:
        """To the last of twelve decimals."""
        return self.mart is None or self.mart == self.file + self.explained

    def as_dict(self) -> dict[str, Any]:
        """For `report.json`; amounts are decimal text."""
        return {
            "path": self.path,
            "feed": self.feed,
            "rows": self.rows,
            "measure": self.measure,
            "currency": self.currency,
            "file": f"{self.file:f}",
            "explained": f"{self.explained:f}",
            "mart": None if self.mart is None else f"{self.mart:f}",
            "equal": self.equal,
        }


def land_samples(settings: Settings) -> Landed:
    """Land every sample bill, each as an export of its own name."""
    landed: dict[str, list[LandingResult]] = {}
    for sample in read_samples(SAMPLES):
        name = str(sample.path.relative_to(SAMPLES.parent))
        landed[name] = land(
            [sample.path], sample.feed, sample.name, settings.lake, declared=sample.declared
        )
    return landed


def compare(settings: Settings, landed: Landed) -> list[SampleTotal]:
    """Each sample's own sums beside the mart's; what is no bill is compared with its landing."""
    _, rows = Warehouse(settings).read(_RECONCILED)
    reconciled: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for feed, export, *rest in rows:
        reconciled.setdefault((feed, export), []).append(tuple(rest))
    found: list[SampleTotal] = []
    for path, results in landed.items():
        feed, export = results[0].feed, results[0].export
        count = sum(result.rows for result in results)
        in_mart = reconciled.get((feed, export))
        if in_mart is None:
            found += [
                SampleTotal(
                    path, feed, count, total.measure, total.currency, total.amount, Decimal(0), None
                )
                for result in results
                for total in result.control_totals
            ]
            continue
        found += [
            SampleTotal(
                path,
                feed,
                count,
                measure,
                currency,
                Decimal(own),
                Decimal(explained),
                Decimal(mart),
            )
            for measure, currency, own, explained, mart in in_mart
        ]
    return found


class SamplesFailedError(RuntimeError):
    """The samples' own process failed; the message is what it last said."""


class SamplesRun:
    """The samples' process, while it runs beside the company's."""

    def __init__(self, process: subprocess.Popen[bytes], home: Path) -> None:
        self._process = process
        self._home = home

    def result(self) -> list[dict[str, Any]]:
        """Wait, and give what `SampleTotal.as_dict` gave."""
        if self._process.wait() != 0:
            said = (self._home / LOG).read_text().strip().splitlines()
            raise SamplesFailedError(f"the real samples failed: {said[-1] if said else 'silently'}")
        totals: list[dict[str, Any]] = json.loads((self._home / RESULT).read_text())
        return totals


@contextmanager
def running_samples(home: Path, settings: Settings) -> Iterator[SamplesRun]:
    """Start the samples in an installation at `home`; they end with the block at the latest."""
    home.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"TOLLGATE_HOME": str(home), "TOLLGATE_ENGINE": settings.engine}
    with (home / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "orchestration.demo.samples"],
            env=environment,
            cwd=PROJECT_ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        yield SamplesRun(process, home)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Land, build and compare in this installation; the result is written as JSON."""
    # The company's bills are what the reader waits for.
    os.nice(BEHIND)
    settings = load_settings()
    landed = land_samples(settings)
    run_everything(settings, None, None)
    totals = [total.as_dict() for total in compare(settings, landed)]
    (settings.home / RESULT).write_text(json.dumps(totals, indent=1))


if __name__ == "__main__":
    main()
