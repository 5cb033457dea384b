"""Whose a bill is: what its landed totals are kept by, and how accounts are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.ingest.errors import IngestError
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


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("12345678905", "012345678905"),
        ("12345678905.0", "012345678905"),
        ("1234567890.0", "001234567890"),
        ("123456789012.0", "123456789012"),
        ("1234567890123", "1234567890123"),
        ("all accounts", "all accounts"),
    ],
)
def test_an_aws_account_that_was_kept_as_a_number_has_its_zeros_again(
    written: str, account: str, cur: WriteCsv, lake: Path
) -> None:
    result = land([cur("b.csv", ("2025-09", "1", written))], "aws_cur2", "default", lake)[0]
    manifest = read(result.path)
    assert manifest is not None
    assert manifest.accounts == [account]
    assert [total.account for total in manifest.account_totals] == [account]


@pytest.mark.parametrize("written", ["1.23457E+11", "9E+11", "1,23457E+11"])
def test_an_aws_account_of_which_a_spreadsheet_kept_a_few_digits_is_refused(
    written: str, cur: WriteCsv, lake: Path
) -> None:
    bill = cur("b.csv", ("2025-09", "1"), ("2025-09", "1", written))
    said = r"b\.csv, row 2, column 'bill_payer_account_id': .* has lost digits"
    with pytest.raises(IngestError, match=said):
        land([bill], "aws_cur2", "default", lake)


def test_an_id_that_a_data_frame_kept_as_a_float_is_a_whole_number(
    tmp_path: Path, lake: Path
) -> None:
    """As pandas keeps ids of which one is missing."""
    text = {"BillingCurrency": "EUR", "ChargeCategory": "Usage", "BilledCost": "1"}
    text |= {"BillingPeriodStart": "2025-09-01", "ChargePeriodStart": "2025-09-03"}
    columns = {column: [value, value] for column, value in text.items()}
    columns["BillingAccountId"] = pa.array([8611537, 8611537])
    columns["SubAccountId"] = pa.array([12345678905.0, None])
    columns["SkuId"] = pa.array([1.5, None])
    pq.write_table(pa.table(columns), tmp_path / "b.parquet")
    result = land([tmp_path / "b.parquet"], "focus", "default", lake)[0]
    found = pq.read_table(result.path / "data.parquet").to_pylist()
    ids = [(row["billing_account_id"], row["sub_account_id"], row["sku_id"]) for row in found]
    assert ids == [("8611537", "12345678905", "1.5"), ("8611537", None, None)]
