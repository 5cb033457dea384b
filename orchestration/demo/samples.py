"""The real sample bills, through the same door as a customer's: landed, conformed, compared.

They have an installation of their own (`python -m orchestration.demo.samples [PARENT]` in its
`TOLLGATE_HOME`, ended with process PARENT), which the demo runs beside the company's
(`beside.py`): nothing of theirs is ever added to the company's.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestration.demo.beside import RESULT, end_with
from orchestration.ingest.engine import Session
from orchestration.ingest.landing import LandingResult, land
from orchestration.ingest.locks import exclusive, working_folder
from orchestration.ingest.samples import read_samples
from orchestration.runner import run_everything
from orchestration.settings import PROJECT_ROOT, Settings, load_settings
from orchestration.warehouse import Warehouse

SAMPLES = PROJECT_ROOT / "tests" / "fixtures" / "billing" / "samples.toml"

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
    with working_folder(settings.lake) as working, Session(working) as session:
        for sample in read_samples(SAMPLES):
            name = str(sample.on_disk.relative_to(SAMPLES.parent))
            landed[name] = land(
                [sample.on_disk],
                sample.feed,
                sample.name,
                settings.lake,
                declared=sample.declared,
                session=session,
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


def main(parent: int | None = None) -> None:
    """Land, build and compare in this installation; the result is written as JSON."""
    if parent is not None:
        end_with(parent)
    settings = load_settings()
    # Those of a demo that was killed may take a moment to notice it.
    with exclusive(settings.home / ".samples.lock"):
        landed = land_samples(settings)
        run_everything(settings, None, None)
        totals = [total.as_dict() for total in compare(settings, landed)]
        (settings.home / RESULT).write_text(json.dumps(totals, indent=1))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
    # As `tollgate` does: what is left ends with the process.
    gc.freeze()
