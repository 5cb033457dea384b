"""The warehouse names each seeded fault, by the same rules as `tollgate focus check`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.conformance.catalogue import columns, rules
from tests.integration.dbt_builds import Installation
from tests.unit.conformance.faults import FAULTS
from tests.unit.conformance.good_charges import Charge, charge, cost, covered, good_charges
from tests.unit.conformance.test_conformance_faults import own, write

TYPES = {"decimal": "numeric(38, 12)", "timestamp": "timestamp", "text": "text", "json": "text"}
# Tollgate's own columns that are of no matter to the rules.
UNJUDGED = (
    "x_landing_id", "x_source_file", "x_source_row_number", "x_invoice_month",
    "x_native_service", "x_usage_type", "x_seller_name", "x_billed_feed", "x_billed_export",
    "x_conformance_note",
)  # fmt: skip
# What only a file can have wrong, the mart's contract and totals exclude.
JUDGED = {
    rule.rule_id
    for rule in rules()
    if rule.scope in ("row", "group", "query") and rule.held_by != "bill"
}
SEEDED = {
    f"fault {number}": fault for number, fault in enumerate(FAULTS, 1) if fault.rule in JUDGED
}

LIST = ("ListUnitPrice", "PricingCurrencyListUnitPrice")
CONTRACTED = ("ContractedUnitPrice", "PricingCurrencyContractedUnitPrice")


def azure_charges() -> list[Charge]:
    """For each rule that Azure's exports cannot keep: a row it is known of, and rows where not."""
    enterprise, customer = {"BillingAccountId": "8611537"}, {"BillingAccountId": "ABCD-1234-EFG"}
    refund, unlisted = {"ChargeClass": "Correction"}, dict.fromkeys(LIST)
    unpriced = dict.fromkeys(CONTRACTED)
    return [
        covered("Usage", 2, "0.4") | enterprise | unlisted,
        covered("Usage", 5, "0.4") | enterprise | unpriced,
        charge(*CONTRACTED, **enterprise, ChargeCategory="Purchase"),
        charge(**enterprise, **refund, **cost("-0.5")),
        # No price at all: every cost is what is billed.
        charge(*LIST, *CONTRACTED, **enterprise, **cost("0.5")),
        # The same faults where the export has what the rule asks for.
        covered("Usage", 3, "0.4") | customer | unlisted,
        covered("Spend", 4, "0.4") | enterprise | unlisted,
        covered("Usage", 6, "0.4") | customer | unpriced,
        charge(*LIST, *CONTRACTED, **enterprise),
        charge(**enterprise, **refund),
    ]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A mart with a bill per fault, each an export of a vendor, and bills that we conformed."""
    home = tmp_path_factory.mktemp("conformance")
    installation = Installation(home / "home")
    seeds = "focus_rules focus_rule_expressions focus_known_findings kubernetes_bills_of_record"
    installation.dbt("seed", "--select", seeds)
    bills = [
        ("aws_cur2", "good", own(good_charges(), 0)),
        ("azure_amortized", "azure", azure_charges()),
    ]
    for number, (export, fault) in enumerate(SEEDED.items(), start=1):
        bills.append(("focus", export, own(fault.apply(good_charges()), number)))
    with duckdb.connect(str(home / "home" / "warehouse.duckdb")) as connection:
        connection.execute("create schema focus")
        for number, (feed, export, charges) in enumerate(bills):
            file = write(home / f"{number}.csv", charges)
            connection.execute(_charges(file, feed, export, created=number > 0))
        connection.execute("create schema if not exists marts")
        connection.execute(
            "create table marts.fct_kubernetes_charges as from focus.fct_focus_charges limit 0"
        )
        connection.execute(
            "insert into platform.conformed_landings (x_feed, x_export, x_billing_period)"
            " select distinct x_feed, x_export, x_billing_period from focus.fct_focus_charges"
        )
    installation.dbt("run", "--select", "int_control__broken_rules", "fct_focus_findings")
    return installation


@pytest.fixture(scope="module")
def findings(warehouse: Installation) -> set[tuple[str, str, str]]:
    """(rule, origin, severity) of everything that was found."""
    return set(warehouse.rows("select rule_id, origin, severity from marts.fct_focus_findings"))


def _charges(file: Path, feed: str, export: str, *, created: bool) -> str:
    """SQL that adds a file's charges to the mart, or creates the mart of them."""
    mine = [column for column in columns() if column.until == "1.4"]
    values = ", ".join(f'cast("{c.name}" as {TYPES[c.type]}) as {c.column}' for c in mine)
    nothing = ", ".join(f"cast(null as text) as {column}" for column in UNJUDGED)
    target = "insert into" if created else "create table"
    return f"""
        {target} focus.fct_focus_charges {"" if created else "as"}
        select {values}, '{feed}' as x_feed, '{export}' as x_export,
            '2026-01' as x_billing_period,
            '{export}-' || row_number() over () as x_charge_id, {nothing}
        from read_csv('{file}', all_varchar = true, allow_quoted_nulls = false)
    """


def test_good_charges_break_no_rule_in_the_warehouse(findings: set[tuple[str, str, str]]) -> None:
    assert [found for found in findings if found[1] == "conformed: aws"] == []


def test_the_warehouse_names_every_seeded_fault(findings: set[tuple[str, str, str]]) -> None:
    found = {(rule, origin) for rule, origin, _ in findings}
    assert len(SEEDED) > 50
    missed = {f.name for e, f in SEEDED.items() if (f.rule, f"vendor: {e}") not in found}
    assert missed == set()


def test_form_fails_the_build_and_a_vendors_figures_warn(
    findings: set[tuple[str, str, str]],
) -> None:
    held = {rule.rule_id: rule.held_by for rule in rules()}
    severities = {
        (held[rule], severity) for rule, origin, severity in findings if origin.startswith("vendor")
    }
    assert severities == {("form", "error"), ("figures", "warning")}


def test_a_known_finding_excuses_its_own_rows_and_no_others(warehouse: Installation) -> None:
    """The same fault in another row of the provider still fails the build."""
    rules_of_azure = warehouse.rows(
        "select distinct rule_id from seeds.focus_known_findings where origin = 'conformed: azure'"
    )
    found = warehouse.rows(
        """
        select rule_id, severity, rows_found from marts.fct_focus_findings
        where origin = 'conformed: azure' and rule_id in (
            select rule_id from seeds.focus_known_findings where origin = 'conformed: azure'
        )
        """
    )
    rows = dict.fromkeys((f"{price}-condition" for price in CONTRACTED), 2)
    rows |= dict.fromkeys((f"{price}-condition" for price in LIST), 3)
    rows["ChargeClass-earlier-period"] = 1
    known = dict.fromkeys((f"{price}-condition" for price in CONTRACTED), 3)
    known |= dict.fromkeys((f"{price}-condition" for price in LIST), 2)
    known["ChargeClass-earlier-period"] = 1
    assert {rule for (rule,) in rules_of_azure} == set(rows)
    assert set(found) == {
        *((rule, "warning", known[rule]) for rule in rows),
        *((rule, "error", count) for rule, count in rows.items()),
    }
