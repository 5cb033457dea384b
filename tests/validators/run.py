"""`make focus-validators`: what other people's validators say of the conformed charges.

Prints each failing rule; those of `known.csv` are the validators' own defects (tool), what a bill
lacks (bill), or what a file that is FOCUS already brings with it (given), with the reason. Ends
with 1 if others fail.
"""

from __future__ import annotations

import csv
import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml

from rich.console import Console
from rich.table import Table

from tests.validators.data import Shown, export, installations
from tests.validators.environments import ROOT, environment

MODEL = ROOT / "tests" / "fixtures" / "focus" / "model-1.3.json.gz"
KNOWN = Path(__file__).with_name("known.csv")


class Failure(NamedTuple):
    """A rule that a validator says is broken."""

    shown: Shown
    validator: str
    version: str
    rule: str


def official(shown: Shown, version: str, work: Path) -> Iterator[Failure]:
    """The official validator; it ends with 0 whatever it finds, so its report is read."""
    name, path, report = shown.name, work / f"{version}.parquet", work / f"{version}.xml"
    export(shown, version, path, ["format parquet"])
    report.unlink(missing_ok=True)
    rules: list[str | Path] = []
    if version == "1.3":  # the package has no model of 1.3
        (work / "model-1.3.json").write_bytes(gzip.decompress(MODEL.read_bytes()))
        rules = ["--rule-set-path", work]
    binaries = environment("official")
    # It opens currency_codes.csv by a path relative to its packages.
    (packages,) = (binaries.parent / "lib").glob("python3*/site-packages")
    done = subprocess.run(
        [binaries / "focus-validator", "--block-download", "--data-file", path,
         "--validate-version", version, "--applicability-criteria", "ALL",
         "--output-type", "unittest", "--output-destination", report, *rules],
        cwd=packages, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not report.is_file():
        raise SystemExit(f"focus-validator wrote no report on {name}:\n{done.stdout}{done.stderr}")
    cases = list(Xml.parse(report).iter("testcase"))  # noqa: S314 (the validator's own)
    if len(cases) < 500:
        raise SystemExit(f"focus-validator checked only {len(cases)} rules of {version} on {name}")
    for case in cases:
        rule, _, kind = str(case.get("name")).partition(" :: ")
        # A composite rule fails with a part of it, and says nothing of its own.
        if case.find("failure") is not None and kind != "Composite":
            yield Failure(shown, "official", version, rule)


def toolkit(shown: Shown, work: Path) -> Iterator[Failure]:
    """focus-data-toolkit's check of 1.4."""
    path = work / "1.4.csv"
    export(shown, "1.4", path, ["format csv", "header"])
    done = subprocess.run(
        [environment("toolkit") / "focus-toolkit", "validate", "--dataset", "cost-and-usage", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.findall(r"^\s*\[(\S+)\] (\w+)", done.stdout, flags=re.MULTILINE)
    if done.returncode != 0 and not found:
        raise SystemExit(f"focus-toolkit cannot read {shown.name}:\n{done.stdout}{done.stderr}")
    for rule, column in sorted(set(found)):
        yield Failure(shown, "toolkit", "1.4", f"{column} {rule}")


def main() -> int:
    """Show each data set to each validator."""
    with KNOWN.open(newline="") as file:
        known = {(r["validator"], r["version"], r["rule"]): r for r in csv.DictReader(file)}
    folder = ROOT / ".tollgate" / "validators"
    failures: list[Failure] = []
    for shown in installations(folder):
        work = folder / "reports" / re.sub(r"\W+", "-", shown.name)
        work.mkdir(parents=True, exist_ok=True)
        for version in ("1.2", "1.3"):
            failures += official(shown, version, work)
        failures += toolkit(shown, work)
    table = Table("validator", "FOCUS", "rule", "data", "why", title="Rules that fail")
    by_rule: dict[tuple[str, str, str], list[Shown]] = {}
    for failure in failures:
        by_rule.setdefault((failure.validator, failure.version, failure.rule), []).append(
            failure.shown
        )
    ours = 0
    for rule, where in sorted(by_rule.items()):
        entry = known.get(rule)
        excused = entry is not None and _excuses(entry, where)
        ours += not excused
        why = f"known ({entry['kind']}): {entry['reason']}" if entry and excused else "[red]ours[/]"
        table.add_row(*rule, ", ".join(shown.name for shown in where), why)
    Console(width=200).print(table)
    sys.stdout.write(f"{len(by_rule) - ours} known, {ours} ours\n")
    return 1 if ours else 0


def _excuses(entry: dict[str, str], where: list[Shown]) -> bool:
    """What a file of FOCUS brings with it excuses nothing that Tollgate conformed itself."""
    return entry["kind"] != "given" or all(shown.given for shown in where)


if __name__ == "__main__":
    sys.exit(main())
