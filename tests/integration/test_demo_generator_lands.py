"""The demo company's bills go through the same landing as a customer's, to the last decimal."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.demo.generator import DemoCompany, generate
from orchestration.ingest.exports import land_export, list_periods, read_exports
from orchestration.ingest.landing import land


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return generate(tmp_path_factory.mktemp("acme"), rows=20_000)


def test_every_feed_lands_with_the_totals_of_the_truth(acme: DemoCompany, tmp_path: Path) -> None:
    totals = json.loads(acme.truth.read_text())["totals"]
    told = {
        (t["feed"], t["billing_period"], t["measure"], t["currency"]): (
            t["rows"],
            Decimal(t["amount"]),
        )
        for t in totals
        if t["measure"]
    }
    # A restated legacy month, the migration and the open month are the hard ones.
    chosen = {"2026-02", "2026-04", "2026-10"}
    checked = 0
    for export in read_exports(acme.exports):
        for result in land_export(export, chosen, tmp_path):
            for total in result.control_totals:
                key = (export.feed, result.billing_period, total.measure, total.currency)
                assert told[key] == (result.rows, Decimal(total.amount)), key
                checked += 1
    wanted = [key for key in told if key[1] in chosen]
    assert checked == len(wanted)


def test_the_connector_finds_every_month_that_was_written(
    acme: DemoCompany, tmp_path: Path
) -> None:
    totals = json.loads(acme.truth.read_text())["totals"]
    for export in read_exports(acme.exports):
        written = {t["billing_period"] for t in totals if t["feed"] == export.feed}
        assert set(list_periods(export, tmp_path)) == written


def test_the_later_delivery_replaces_what_the_first_one_said(
    acme: DemoCompany, tmp_path: Path
) -> None:
    exports = {e.feed: e for e in read_exports(acme.exports)}
    for first in acme.first_deliveries:
        early = land(first.files, first.feed, first.export, tmp_path)
        late = land_export(exports[first.feed], {first.period}, tmp_path)
        assert [r.status for r in (*early, *late)] == ["landed", "restated"], first
        assert early[0].control_totals != late[0].control_totals
