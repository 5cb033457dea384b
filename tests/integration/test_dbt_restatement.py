"""A month received three times: what was withdrawn, what came late, what was reported when.

Landed, built, replayed and asked for by date, on DuckDB and on PostgreSQL.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from orchestration.as_of import AsOfError, build_as_of
from orchestration.ingest.landing import land
from orchestration.ingest.postgres import load_lake, postgres_dsn
from orchestration.reported import replay
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from tests.integration.dbt_builds import Installation
from tests.integration.postgres_server import postgres_database

ACCOUNTS = ("BillingAccountId", "SubAccountId", "BillingCurrency")
PERIODS = ("BillingPeriodStart", "ChargePeriodStart")
CHARGE = ("ChargeCategory", "ChargeDescription", "BilledCost", "EffectiveCost", "ServiceName")
HEADER = (*ACCOUNTS, *PERIODS, *CHARGE, "InvoiceId")
KEPT = ("s1", "Usage", "kept", "10.000000000001")
TAX = ("s1", "Tax", "tax", "1")
# Each delivery: when it was received, and its charges (sub-account, category, description, cost).
DELIVERIES = [
    ("2026-01-20T06:00:00Z", [KEPT, ("s2", "Usage", "withdrawn", "4")]),
    ("2026-02-07T06:00:00Z", [KEPT, TAX]),
    ("2026-03-01T06:00:00Z", [KEPT, TAX, ("s2", "Usage", "late", "5.25")]),
]
# The delivery that was built before the next one came; the one before it never was.
BUILT = 1
MARTS = (
    "fct_landing_versions", "fct_billing_period_restatements", "fct_reconciliation",
    "fct_reported_costs", "fct_findings", "fct_schema_drift", "fct_cost_arrivals",
)  # fmt: skip
# What PostgreSQL, built once, can know of the marts that remember.
ONLY_NOW = {
    "fct_reported_costs": " where reported_until is null",
    "fct_cost_arrivals": " where seen_on = date '2026-03-01'",
}
FOCUS = ("fct_billing_periods", "fct_invoice_details", "fct_contract_commitments")
SELECTION = tuple(f"+{model}" for model in (*MARTS, *FOCUS))


@dataclass(frozen=True)
class Story:
    installation: Installation
    files: list[Path]
    replayed: int

    @property
    def settings(self) -> Settings:
        return Settings(self.installation.home, "duckdb")


def write_bill(path: Path, charges: list[tuple[str, str, str, str]]) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for account, category, description, cost in charges:
            when = ("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z")
            what = (category, description, cost, cost, "Beacon Logs", "INV-1")
            writer.writerow(("acct", account, "USD", *when, *what))
    return path


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("restatement")
    installation = Installation(folder / "home")
    files = []
    for number, (received, charges) in enumerate(DELIVERIES):
        files.append(write_bill(folder / f"bill{number}.csv", charges))
        land(
            [files[-1]], "focus", "beacon", installation.lake, billing_period="2026-01",
            data_as_of=datetime.fromisoformat(received),
        )  # fmt: skip
        if number == BUILT:
            installation.build("+fct_cost_arrivals")
    installation.build(*SELECTION)
    done = replay(Settings(installation.home, "duckdb"))
    assert done.lost == []
    # The rest was built of what has not changed.
    installation.build("fct_reported_costs")
    return Story(installation, files, done.states)


@pytest.fixture(scope="module")
def postgres(
    story: Story, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, dict[str, str]]]:
    with postgres_database() as server:
        load_lake(story.installation.lake, postgres_dsn(server))
        environment = server | {"TOLLGATE_ENGINE": "postgres"}
        yield Installation(story.installation.home, environment), server


def test_withdrawn_rows_disappear_and_late_rows_arrive(story: Story) -> None:
    rows = story.installation.rows("select charge_description from focus.fct_focus_charges")
    assert {row[0] for row in rows} == {"kept", "tax", "late"}


def test_a_month_is_preliminary_then_final_then_restated(story: Story) -> None:
    rows = story.installation.rows(
        "select version_status from marts.fct_landing_versions order by version_number"
    )
    assert [row[0] for row in rows] == ["preliminary", "final", "restated"]
    ((issuers, status),) = story.installation.rows(
        "select count(*), min(billing_period_status) from focus.fct_billing_periods"
        " where x_period_status = 'restated'"
    )
    assert (issuers, status) == (1, "Closed")


def test_a_restatement_keeps_old_new_difference_files_and_time(story: Story) -> None:
    rows = story.installation.rows(
        "select version_number, sub_account_id, old_amount, new_amount, difference,"
        " is_of_closed_period, old_source_files, new_source_files, received_at"
        " from marts.fct_billing_period_restatements where measure = 'billed_cost' order by 1, 2"
    )
    first, second, third = [json.dumps([sha256(file)]) for file in story.files]
    february, march = datetime(2026, 2, 7, 6), datetime(2026, 3, 1, 6)  # noqa: DTZ001 - as stored
    kept = Decimal("10.000000000001")
    assert rows == [
        (2, "s1", kept, kept + 1, 1, False, first, second, february),
        (2, "s2", 4, 0, -4, False, first, second, february),
        (3, "s2", 0, Decimal("5.25"), Decimal("5.25"), True, second, third, march),
    ]


def test_landed_totals_equal_the_charges_account_by_account(story: Story) -> None:
    rows = story.installation.rows(
        "select sub_account_id, landed_amount, mart_amount from marts.fct_reconciliation"
        " where measure = 'billed_cost' order by 1"
    )
    assert rows == [
        ("s1", Decimal("11.000000000001"), Decimal("11.000000000001")),
        ("s2", Decimal("5.25"), Decimal("5.25")),
    ]


def test_every_date_is_answered_as_it_was_reported_then_built_in_time_or_not(story: Story) -> None:
    assert story.replayed == 1
    reported = {
        "2026-01-10": None,
        "2026-01-25": "14.000000000001",
        "2026-02-10": "11.000000000001",
        "2026-03-02": "16.250000000001",
    }
    for day, expected in reported.items():
        ((found,),) = story.installation.rows(
            "select sum(billed_cost) from marts.fct_reported_costs"
            f" where reported_from <= timestamp '{day}'"
            f" and (reported_until > timestamp '{day}' or reported_until is null)"
        )
        assert found == (expected and Decimal(expected)), day


def test_what_a_day_cost_is_kept_as_each_build_knew_it(story: Story) -> None:
    rows = story.installation.rows(
        "select seen_on, age_days, effective_cost from marts.fct_cost_arrivals order by 1"
    )
    kept = Decimal("10.000000000001")
    assert rows == [
        (date(2026, 2, 7), 33, kept),
        (date(2026, 3, 1), 55, kept + Decimal("5.25")),
    ]


def test_marts_built_as_of_a_date_know_nothing_of_what_came_later(story: Story) -> None:
    moment = datetime(2026, 2, 10, tzinfo=UTC)
    before = lake_state(story.installation.lake)
    past = build_as_of(story.settings, moment).settings
    assert past == story.settings.as_of(moment)
    there = Warehouse(past)
    charges = there.query(
        "select charge_description as d, billed_cost from focus.fct_focus_charges"
    )
    assert dict(zip(charges["d"], charges["billed_cost"], strict=True)) == {
        "kept": Decimal("10.000000000001"), "tax": Decimal(1),
    }  # fmt: skip
    versions = there.query("select version_status from marts.fct_landing_versions order by 1 desc")
    assert list(versions["version_status"]) == ["preliminary", "final"]
    assert lake_state(story.installation.lake) == before
    with pytest.raises(AsOfError, match="nothing had been received"):
        build_as_of(story.settings, datetime(2025, 1, 1, tzinfo=UTC))


def test_a_closed_month_that_changes_is_a_finding_with_its_money(story: Story) -> None:
    rows = story.installation.rows(
        "select kind, billing_currency, expected_cost, actual_cost, impact_cost"
        " from marts.fct_findings"
    )
    assert rows == [("restated_period", "USD", 0, Decimal("5.25"), Decimal("5.25"))]
    named = story.installation.rows(
        "select finding_id is not null, is_of_closed_period,"
        " finding_id in (select finding_id from marts.fct_findings)"
        " from marts.fct_billing_period_restatements group by all order by 1"
    )
    assert named == [(False, False, None), (True, True, True)]


def test_invoiced_charges_join_their_line_and_lines_add_up_to_them(story: Story) -> None:
    rows = story.installation.rows(
        "select lines.charge_category, lines.billed_cost, sum(charges.billed_cost)"
        " from focus.fct_focus_charges as charges join focus.fct_invoice_details as lines"
        " using (invoice_issuer_name, invoice_id, invoice_detail_id) group by all order by 1"
    )
    assert rows == [
        ("Tax", 1, 1),
        ("Usage", Decimal("15.250000000001"), Decimal("15.250000000001")),
    ]


def test_engines_agree_on_the_ledger(
    story: Story, postgres: tuple[Installation, dict[str, str]]
) -> None:
    installation, server = postgres
    installation.build(*SELECTION)
    tables = [*(f"marts.{mart}" for mart in MARTS), *(f"focus.{model}" for model in FOCUS)]
    for table in tables:
        only = ONLY_NOW.get(table.partition(".")[2], "")
        names, there = select(server, f"select * from {table}{only}")
        here = story.installation.rows(f"select {', '.join(names)} from {table}{only}")
        assert sorted(map(repr, here)) == sorted(map(repr, there)), table
        assert there or table.endswith(("commitments", "drift")), table


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def lake_state(lake: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(lake.glob("focus/**/*.*")) if path.is_file()}


def select(server: dict[str, str], sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    connection = psycopg2.connect(postgres_dsn(server))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [c.name for c in cursor.description or ()], cursor.fetchall()
    finally:
        connection.close()
