"""Each fault seeded into good charges is found, under the right rule, in the right rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from orchestration.conformance.catalogue import columns, rules
from orchestration.conformance.check import Report, check_file
from tests.unit.conformance.faults import FAULTS, MISSED_BY_THE_OFFICIAL_VALIDATOR, OTHERS, Fault
from tests.unit.conformance.good_charges import HEADERS, Charge, good_charges

ROOT = Path(__file__).parents[3]

# What groups of charges are told apart by: bills in one file must not meet in a group.
_OWN = ("BillingAccountId", "CommitmentDiscountId", "InvoiceDetailId", "InvoiceId", "ServiceName",
        "SkuPriceId")  # fmt: skip


def own(bill: Sequence[Charge], number: int) -> list[Charge]:
    """The bill of an account, commitments, services and prices of its own."""

    def value(charge: Charge, column: str) -> str | None:
        text = charge.get(column)
        itself = column == "ResourceId" and text == charge.get("CommitmentDiscountId")
        return f"{text}-{number}" if text and (column in _OWN or itself) else text

    return [{column: value(charge, column) for column in HEADERS} for charge in bill]


def write(path: Path, charges: Sequence[Charge], headers: Sequence[str] = HEADERS) -> Path:
    """A CSV in which no value is nothing, and empty text is quoted."""

    def cell(value: str | None) -> str:
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    lines = [",".join(cell(charge.get(header)) for header in headers) for charge in charges]
    path.write_text("\n".join([",".join(headers), *lines, ""]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, list[range]]:
    """A file with a bill per fault, and the row numbers of each bill; the first bill is good."""
    charges: list[Charge] = []
    rows: list[range] = []
    bills = [good_charges(), *(fault.apply(good_charges()) for fault in FAULTS)]
    for number, bill in enumerate(bills):
        rows.append(range(len(charges) + 1, len(charges) + len(bill) + 1))
        charges += own(bill, number)
    path = write(tmp_path_factory.mktemp("faults") / "charges.csv", charges)
    return check_file(path, examples=len(charges)), rows


def broken_in(report: Report, rows: range) -> set[str]:
    return {f.rule.rule_id for f in report.findings if any(row in rows for row in f.examples)}


def test_good_charges_break_no_rule(seeded: tuple[Report, list[range]]) -> None:
    report, rows = seeded
    assert broken_in(report, rows[0]) == set()
    assert report.version == "1.4"


@pytest.mark.parametrize(
    ("number", "fault"), list(enumerate(FAULTS, start=1)), ids=[fault.name for fault in FAULTS]
)
def test_a_seeded_fault_is_named_by_its_rule(
    seeded: tuple[Report, list[range]], number: int, fault: Fault
) -> None:
    report, rows = seeded
    assert fault.rule in broken_in(report, rows[number])


def test_all_27_kinds_of_the_official_validators_trial_are_seeded() -> None:
    assert len({fault.name for fault in [*MISSED_BY_THE_OFFICIAL_VALIDATOR, *OTHERS]}) == 27


def test_a_finding_names_rule_row_and_value(tmp_path: Path) -> None:
    charges = good_charges()
    charges[3]["BilledCost"] = "1,5"
    (found,) = [
        finding
        for finding in check_file(write(tmp_path / "charges.csv", charges)).findings
        if finding.rule.rule_id == "BilledCost-type"
    ]
    assert (found.rows, found.examples, found.values) == (1, (4,), {"BilledCost": "1,5"})


def test_every_column_of_1_4_has_the_rules_of_its_type() -> None:
    held = [rule for rule in rules() if rule.holds_in("1.4")]
    ids = {rule.rule_id for rule in held}
    mine = [column for column in columns() if column.until == "1.4"]
    assert len(mine) == 65
    for column in mine:
        values = {f"{column.name}-values", f"{column.name}-placeholder"}
        assert column.type != "text" or values & ids, column.name
        assert column.type != "json" or f"{column.name}-object" in ids, column.name


def test_rules_and_the_contract_of_the_mart_agree_on_what_is_never_null() -> None:
    model = yaml.safe_load((ROOT / "dbt_project/models/focus/fct_focus_charges.yml").read_text())
    contract = {
        column["name"]
        for column in model["models"][0]["columns"]
        if column.get("constraints") and not column["name"].startswith("x_")
    }
    ruled = {
        rule.columns[0]
        for rule in rules()
        if rule.rule_id.endswith("-null") and rule.holds_in("1.4")
    }
    assert contract == ruled


def test_conforming_and_rules_know_the_same_subcategories() -> None:
    with (ROOT / "dbt_project/seeds/service_subcategories.csv").open(newline="") as file:
        pairs = {
            (row["service_category"], row["service_subcategory"]) for row in csv.DictReader(file)
        }
    (parents,) = [rule for rule in rules() if rule.rule_id == "ServiceSubcategory-parent"]
    assert len(pairs) == 82
    assert all(f"'{category} > {subcategory}'" in parents.broken for category, subcategory in pairs)
