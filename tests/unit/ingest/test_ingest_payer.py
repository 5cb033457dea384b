"""Who is invoiced for an Azure bill: what its landed totals are kept by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.ingest.landing import land
from orchestration.ingest.manifest import read
from orchestration.ingest.registry import FEEDS

WriteCsv = Callable[..., Path]

HEADER = ["BillingAccountId", "BillingProfileId", "SubscriptionId", "Date"]
HEADER += ["CostInBillingCurrency", "BillingCurrency"]


@pytest.mark.parametrize(
    ("agreement", "ids", "payers"),
    [
        ("an account with several profiles", [("a", "p1", "s"), ("a", "p2", "s")], ["p1", "p2"]),
        ("an enrolment, which is its own profile", [("8611", "8611", "s")], ["8611"]),
        ("pay-as-you-go, which repeats the subscription", [("a", "s", "s")], ["a"]),
        ("an account without profiles", [("a", "", "s")], ["a"]),
        ("a profile alone", [("", "p", "s")], ["p"]),
        ("a subscription alone", [("", "", "s")], ["s"]),
    ],
)  # fmt: skip
def test_totals_are_of_who_is_invoiced(
    write_csv: WriteCsv, lake: Path, agreement: str, ids: list[tuple[str, ...]], payers: list[str]
) -> None:
    rows = [[*row, "2025-09-01", "1", "EUR"] for row in ids]
    result = land([write_csv("b.csv", HEADER, rows)], "azure_actual", "default", lake)[0]
    manifest = read(result.path)
    assert manifest is not None
    assert [total.account for total in manifest.account_totals] == payers, agreement


def test_only_azure_needs_more_than_an_account_to_tell_who_is_invoiced() -> None:
    assert {name for name, feed in FEEDS.items() if feed.payer} == {
        "azure_actual",
        "azure_amortized",
    }
