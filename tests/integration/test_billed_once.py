"""A month of an account that two exports bill fails the build, or warns where two payers are billed
for it: it would count twice."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from orchestration.defs.transform.dbt import DbtFailedError
from tests.integration.dbt_builds import Installation

COLUMNS = (
    "x_billed_feed", "x_billed_export", "x_billing_period", "billing_currency",
    "service_provider_name", "billing_account_id", "sub_account_id", "billed_cost",
)  # fmt: skip
AZURE = "/providers/microsoft.billing/billingaccounts/8611537"
Row = tuple[str, str, str, str, str, str, str | None, int]
ONCE: list[Row] = [
    # Another month, another currency, another account, another payer of the same account.
    ("aws_cur_legacy", "old", "2026-03", "USD", "AWS", "111", "222", 5),
    ("aws_cur2", "new", "2026-04", "USD", "AWS", "111", "222", 5),
    ("focus", "china", "2026-04", "CNY", "AWS", "111", "222", 5),
    ("focus", "aws", "2026-04", "USD", "AWS", "111", "333", 5),
    ("focus", "joined", "2026-04", "USD", "AWS", "999", "222", 5),
    # Two vendors that call the same customer by the same name.
    ("focus", "beacon", "2026-04", "USD", "Beacon", "acme", "shop", 5),
    ("focus", "quarry", "2026-04", "USD", "Quarry", "acme", "shop", 5),
    # Exports of two billing profiles, each with purchases of no subscription.
    ("azure_actual", "one", "2026-04", "EUR", "Microsoft", "8611537", "aaa", 5),
    ("azure_actual", "one", "2026-04", "EUR", "Microsoft", "8611537", None, 5),
    ("azure_actual", "two", "2026-04", "EUR", "Microsoft", "8611537", "bbb", 5),
    ("azure_actual", "two", "2026-04", "EUR", "Microsoft", "8611537", None, 5),
    # Exports that are said to repeat nothing of another.
    ("focus", "sample-ea", "2026-04", "USD", "Beacon", "acme", "shop", 5),
    # What costs nothing counts nothing twice.
    ("focus", "free", "2026-04", "EUR", "Microsoft", AZURE, "/subscriptions/aaa", 0),
]
TWICE: list[Row] = [
    # Two feeds, two exports of a feed (each also beside the other), ids as paths, one vendor.
    ("focus", "aws", "2026-04", "USD", "Amazon", "111", "222", 4),
    ("aws_cur2", "daily", "2026-04", "USD", "AWS", "111", "222", 5),
    ("focus", "mca", "2026-04", "EUR", "Microsoft", AZURE, "/subscriptions/AAA", 5),
    ("focus", "again", "2026-04", "USD", "Beacon", "acme", "shop", 5),
]
PAIRS = {
    ("aws_cur2/new", "focus/aws"), ("aws_cur2/daily", "aws_cur2/new"),
    ("aws_cur2/daily", "focus/aws"), ("azure_actual/one", "focus/mca"),
    ("focus/again", "focus/beacon"),
}  # fmt: skip


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("billed"))
    made.dbt("seed", "--select", "lone_exports")
    return made


PRO_FORMA: list[Row] = [
    ("aws_cur2", "real", "2026-04", "USD", "AWS", "111", "222", 5),
    ("aws_cur2", "real", "2026-04", "USD", "AWS", "111", "333", 5),
    ("aws_cur2", "forma", "2026-04", "USD", "AWS", "222", "222", 4),
    # The account moved to another payer, with a day that both bill.
    ("aws_cur2", "moved", "2026-04", "USD", "AWS", "999", "333", 5),
    # Two customers of a vendor, whose workspaces are called alike.
    ("focus", "beacon", "2026-04", "USD", "Beacon", "acme", "default", 5),
    ("focus", "quarry", "2026-04", "USD", "Beacon", "zenith", "default", 5),
]
MOVED = ("2026-04-30", "2026-05-01")


def _tested(installation: Installation, rows: list[Row], test: str = "billed_by_one_export") -> str:
    """What dbt says against a mart of these rows: usage of the month, or of a day if moved."""
    path: Path = installation.home / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists focus")
        types = ", ".join(
            f"{column} {'numeric(38, 12)' if column == 'billed_cost' else 'text'}"
            for column in COLUMNS
        )
        connection.execute(f"create or replace table focus.fct_focus_charges ({types})")
        marks = ", ".join("?" for _ in COLUMNS)
        connection.executemany(f"insert into focus.fct_focus_charges values ({marks})", rows)
        connection.execute(f"""
            create or replace table focus.fct_focus_charges as
            select
                *, 'Usage' as charge_category, null::text as charge_class,
                case when moved then timestamp '{MOVED[0]}' else '2026-04-01' end
                    as charge_period_start,
                timestamp '{MOVED[1]}' as charge_period_end
            from (select *, x_billed_export = 'moved' as moved from focus.fct_focus_charges)
        """)
    try:
        installation.dbt("test", "--select", f"{test}_*")
    except DbtFailedError as failed:
        return str(failed)
    return ""


def _results(installation: Installation) -> list[tuple[str, int | None]]:
    """Status and failures of the hook and of the test."""
    ran = json.loads((installation.home / "dbt_target" / "run_results.json").read_text())["results"]
    return [(result["status"], result["failures"]) for result in ran]


def test_a_month_that_each_account_is_billed_for_once_passes(installation: Installation) -> None:
    assert not _tested(installation, ONCE)
    assert [status for status, _ in _results(installation)] == ["success", "pass"]


def test_usage_that_a_pro_forma_bill_repeats_for_another_payer_warns(
    installation: Installation,
) -> None:
    assert not _tested(installation, PRO_FORMA, "billed_to_one_payer")
    assert _results(installation)[1:] == [("warn", 1)], "only the pro forma bill"
    assert not _tested(installation, PRO_FORMA, "billed_by_one_export")


def test_a_month_that_two_exports_bill_fails_and_says_what_to_do(
    installation: Installation,
) -> None:
    said = _tested(installation, [*ONCE, *TWICE])
    assert f"Got {len(PAIRS)} results, configured to fail if != 0" in said
    assert "Keep one and remove the other's folder of that month from the lake" in said
    shown = re.findall(
        r"x_billed_feed (\w+), x_billed_export (\w+),.* other_feed (\w+), other_export (\w+)", said
    )
    assert len(shown) == 3
    assert {(f"{a}/{b}", f"{c}/{d}") for a, b, c, d in shown} < PAIRS
