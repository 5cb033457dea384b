"""`tollgate focus check`, as anybody runs it on their file."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.app import app
from orchestration.conformance.catalogue import columns, version_of
from tests.unit.conformance.good_charges import HEADERS, good_charges
from tests.unit.conformance.test_conformance_faults import write

SAMPLE = Path(__file__).parents[2] / "fixtures/billing/focus/focus_sample_1.0.csv"


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["focus", "check", *map(str, arguments)])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "charges.csv", good_charges())


def test_a_conformant_file_ends_with_0_and_is_left_as_it_was(good: Path) -> None:
    before = good.read_bytes()
    done = check(good)
    assert (done.exit_code, good.read_bytes()) == (0, before), done.output
    assert "23 rows, checked as FOCUS 1.4" in done.output
    assert "Conformant" in done.output
    assert list(good.parent.iterdir()) == [good]


@pytest.mark.parametrize("kind", ["gzip", "parquet", "zstd"])
def test_compressed_files_and_parquet_are_checked_alike(good: Path, kind: str) -> None:
    path = good.with_name(f"charges.{kind}")
    if kind == "gzip":
        with good.open("rb") as plain, gzip.open(path, "wb") as packed:
            shutil.copyfileobj(plain, packed)
    else:
        target = (
            "(format parquet)" if kind == "parquet" else "(format csv, header, compression zstd)"
        )
        duckdb.execute(f"copy (from read_csv('{good}', all_varchar = true)) to '{path}' {target}")
    assert check(path).exit_code == 0


def test_the_real_sample_is_told_what_breaks_its_own_specification() -> None:
    done = check(SAMPLE, "--format", "json")
    report = json.loads(done.output)
    assert (done.exit_code, report["version"], report["rows"]) == (1, "1.0", 1000)
    found = {finding["rule"]: finding for finding in report["findings"]}
    assert found["AvailabilityZone-number"]["examples"] == [947, 950, 952]
    assert found["AvailabilityZone-number"]["values"] == {"AvailabilityZone": "0.05"}
    assert found["Columns-prefix"]["header"] == "Id"
    assert found["ChargePeriodStart-type"]["rows"] == 1000


def test_missing_and_surplus_columns_are_named(tmp_path: Path) -> None:
    headers = [header for header in HEADERS if header not in ("BilledCost", "SkuMeter")]
    charges = [charge | {"Extra": "1", "x_Own": "1"} for charge in good_charges()]
    done = check(write(tmp_path / "charges.csv", charges, [*headers, "Extra", "x_Own"]))
    assert done.exit_code == 1
    assert "BilledCost is missing, and mandatory" in done.output
    assert "Columns-prefix  Extra" in done.output
    assert "Optional columns that are not there: SkuMeter" in done.output
    assert "Custom columns, not checked: x_Own" in done.output


def test_a_file_can_be_checked_as_another_version(good: Path) -> None:
    done = check(good, "--version", "1.2")
    assert done.exit_code == 1
    assert "ProviderName is missing, and mandatory" in done.output
    assert "Columns-prefix  InvoiceDetailId" in done.output


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4"])
def test_the_version_is_told_from_the_columns(version: str) -> None:
    assert version_of([c.column for c in columns() if c.since <= version <= c.until]) == version


def headers_of(version: str, *, without: set[str]) -> list[str]:
    known = [c.name for c in columns() if c.since <= version <= c.until]
    assert without <= set(known)
    return [header for header in known if header not in without]


MICROSOFTS = [
    *headers_of("1.0", without={"AvailabilityZone"}),
    *("BillingAccountType", "SubAccountType", "x_PricingCurrency"),
]
MICROSOFTS_NEXT = headers_of(
    "1.2",
    without={
        "AvailabilityZone", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost",
        "PricingCurrencyListUnitPrice",
    },
)  # fmt: skip
ORACLES = [
    *headers_of(
        "1.0",
        without={
            "ChargeClass", "CommitmentDiscountStatus", "ConsumedQuantity", "ConsumedUnit",
            "ContractedCost", "ContractedUnitPrice", "InvoiceIssuerName", "ProviderName",
            "PublisherName", "RegionId", "RegionName",
        },
    ),
    *("ChargeSubcategory", "InvoiceIssuer", "Provider", "Publisher", "Region", "UsageQuantity"),
    *("UsageUnit", "oci_ReferenceNumber"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "version"),
    [(MICROSOFTS, "1.0"), (MICROSOFTS_NEXT, "1.2"), (ORACLES, "1.0")],
    ids=["microsoft 1.0", "microsoft 1.2-preview", "oracle"],
)
def test_the_version_of_a_providers_own_export_is_told(
    headers: list[str], version: str, tmp_path: Path
) -> None:
    """Microsoft was ahead of FOCUS with two columns; Oracle writes neither provider's name."""
    done = check(write(tmp_path / "charges.csv", [dict.fromkeys(headers, "1")], headers))
    assert f"checked as FOCUS {version}" in done.output


def test_the_version_is_told_from_columns_that_are_spelled_otherwise(tmp_path: Path) -> None:
    headers = [c.column for c in columns() if c.since <= "1.2" <= c.until]
    done = check(write(tmp_path / "charges.csv", [dict.fromkeys(headers, "1")], headers))
    assert done.exit_code == 1
    assert "FOCUS 1.2" in done.output
    assert "Columns-prefix  provider_name" in done.output
    assert "ProviderName is missing" not in done.output
    assert "Columns-prefix  ProviderName" not in done.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a,b,c\n1,2,3\n", "is no FOCUS file"),
        (b"BilledCost;ChargeCategory\n1;Usage\n", "separates its fields by semicolons"),
        (b"\x00\xff\xfe\x80garbage", "neither Parquet, JSON nor UTF-8"),
        (b"PAR1 cut off", "damaged or cut off"),
        (b"\x1f\x8b\x08\x00cut", "gzip"),
        (
            b"BilledCost,BilledCost,ChargeCategory,Tags,SkuId,SkuMeter\n1,2,Usage,,,\n",
            "two headers",
        ),
        (b"BilledCost,BillingAccountId,ChargeCategory,Tags,SkuId\n1,2,Usage,,,5,6\n", "line 2"),
        (b"BilledCost,BillingAccountId,ChargeCategory,Tags,SkuId\n", "nothing was checked"),
    ],
)
def test_an_unreadable_file_ends_with_2_and_the_reason(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "charges.csv"
    path.write_bytes(content)
    done = check(path)
    assert done.exit_code == 2
    assert said in done.output


def test_charges_tie_out_with_their_issued_invoice(good: Path, tmp_path: Path) -> None:
    invoice = tmp_path / "invoice.csv"
    header = "InvoiceDetailId,BilledCost,BillingCurrency,ChargeCategory,InvoiceIssueStatus\n"
    invoice.write_text(header + "inv-2/1,0.45,EUR,Usage,Issued\n")
    assert check(good, "--invoice-detail", invoice).exit_code == 0
    # Within 100 cents, which the specification allows for rounding; and beyond.
    invoice.write_text(header + "inv-2/1,1.45,EUR,Usage,Issued\n")
    assert check(good, "--invoice-detail", invoice).exit_code == 0
    invoice.write_text(header + "inv-2/1,1.46,EUR,Usage,Issued\n")
    done = check(good, "--invoice-detail", invoice)
    assert done.exit_code == 1
    assert "Invoice-tie-out  row 1" in done.output
