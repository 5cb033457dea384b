"""Every real sample bill lands, and adds up to its own text."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.exports import Export, land_export
from orchestration.ingest.recognition import recognise
from orchestration.ingest.samples import read_samples
from orchestration.ingest.verification import verify

SAMPLES = read_samples()

# Written down again on purpose: the test must not share its idea of a header with the landing.
COST = {
    "lineitem/unblendedcost": "unblended_cost",
    "line_item_unblended_cost": "unblended_cost",
    "line_item_net_unblended_cost": "net_unblended_cost",
    "cost/mycost": "my_cost",
    "cost/mycostoverage": "my_cost_overage",
    "cost": "cost",
    "costinbillingcurrency": "cost",
    "pretaxcost": "cost",
    "totalcost": "total_cost",
    "billedcost": "billed_cost",
    "effectivecost": "effective_cost",
}
WHERE_FILLED = {"net_unblended_cost", "my_cost_overage"}
CURRENCY = (
    "cost/currencycode",
    "lineitem/currencycode",
    "line_item_currency_code",
    "billingcurrency",
    "billingcurrencycode",
    "currency",
)
Sums = dict[tuple[str, str], Decimal]


def kept(value: str) -> Decimal:
    plain = value.strip().replace("$", "").replace(",", "") or "0"
    return Decimal(plain).quantize(Decimal("1e-12"), ROUND_HALF_UP)


def csv_sums(path: Path, declared_currency: str | None) -> Sums:
    sums: Sums = defaultdict(Decimal)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            cells = {key.lower(): value or "" for key, value in row.items() if key}
            found = next((cells[name] for name in CURRENCY if cells.get(name)), "")
            currency = declared_currency or found
            for header, measure in COST.items():
                if header in cells and (cells[header] or measure not in WHERE_FILLED):
                    sums[measure, currency] += kept(cells[header])
            if "credits" in cells:
                for credit in json.loads(cells["credits"] or "[]", parse_float=Decimal):
                    sums["credits", currency] += kept(str(credit["amount"]))
    return dict(sums)


def json_objects(path: Path) -> Iterator[dict[str, Any]]:
    text = path.read_text()
    decoder = json.JSONDecoder(parse_float=Decimal)
    position = 0
    while position < len(text):
        value, end = decoder.raw_decode(text, position)
        yield from (
            (workload for window in value["data"] for workload in window.values())
            if "data" in value
            else (value,)
        )
        position = end + len(re.match(r"\s*", text[end:])[0])  # type: ignore[index]


def json_sums(path: Path, declared_currency: str | None) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for row in json_objects(path):
        currency = declared_currency or row["currency"]
        if "totalCost" in row:
            sums["total_cost", currency] += kept(str(row["totalCost"]))
            continue
        sums["cost", currency] += kept(row["cost"])
        sums["credits", currency] += sum(
            (kept(credit["amount"]) for credit in row.get("credits", [])), Decimal(0)
        )
    return dict(sums)


def own_sums(sample: Export) -> Sums:
    currency = next(
        (value for column, value in sample.declared.items() if "currency" in column), None
    )
    read = json_sums if sample.on_disk.suffix == ".json" else csv_sums
    return read(sample.on_disk, currency)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.on_disk.stem)
def test_sample_lands_with_the_sums_of_its_own_text(sample: Export, lake: Path) -> None:
    results = land_export(sample, None, lake)

    totals: Sums = defaultdict(Decimal)
    for result in results:
        for total in result.control_totals:
            totals[total.measure, total.currency or ""] += total.amount
    assert dict(totals) == own_sums(sample)
    assert all(check.ok for check in verify(lake))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.on_disk.stem)
def test_sample_is_recognised_from_its_content(sample: Export) -> None:
    assert recognise(sample.on_disk) == sample.feed


def test_landed_parquet_of_every_sample_adds_up_too(lake: Path) -> None:
    expected: Sums = defaultdict(Decimal)
    for sample in SAMPLES:
        land_export(sample, None, lake)
        if sample.feed == "focus":
            for key, amount in own_sums(sample).items():
                expected[key] += amount
    with duckdb.connect() as db:
        row = db.execute(
            "SELECT sum(billed_cost), sum(effective_cost)"
            f" FROM read_parquet('{lake}/focus/*/*/data.parquet')"
        ).fetchone()
    assert row == (expected["billed_cost", "USD"], expected["effective_cost", "USD"])


def test_every_bill_among_the_fixtures_is_a_sample(billing: Path) -> None:
    bills = {path for path in billing.glob("*/*") if path.name != "billing_export_schema.json"}
    assert {sample.on_disk for sample in SAMPLES} == bills


def test_every_fixture_has_its_source_and_licence(billing: Path) -> None:
    sources = (billing / "SOURCES.md").read_text()
    for path in billing.glob("*/*"):
        family = re.sub(r"(agreements|model)_.*", r"\1_*.csv", path.name)
        assert path.name in sources or family in sources, path


def test_exports_of_samples_do_not_share_a_partition(lake: Path) -> None:
    names = [(sample.feed, sample.name) for sample in SAMPLES]
    assert len(names) == len(set(names))
