"""Oracle's reports, LLM usage and what AWS writes as Parquet, in their documented shapes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land
from orchestration.ingest.recognition import recognise

Landed = Callable[..., list[dict[str, Any]]]
WriteCsv = Callable[..., Path]


def write_parquet(path: Path, query: str) -> Path:
    with duckdb.connect() as db:
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_rule_26_legacy_cur_as_parquet_lands_under_the_same_names_and_nothing_empty(
    tmp_path: Path, lake: Path, landed: Landed
) -> None:
    bill = write_parquet(
        tmp_path / "cur.snappy.parquet",
        """SELECT '000123456789' AS bill_payer_account_id, '' AS bill_invoice_id,
            TIMESTAMP '2025-09-01' AS bill_billing_period_start_date,
            TIMESTAMP '2025-09-03 10:00:00' AS line_item_usage_start_date,
            'USD' AS line_item_currency_code, 0.0000000144::DOUBLE AS line_item_unblended_cost,
            '' AS line_item_resource_id, 'arn:ri' AS reservation_reservation_a_r_n,
            'RIFee' AS line_item_line_item_type,
            'i-1' AS split_line_item_parent_resource_id, 0.25::DOUBLE AS split_line_item_split_cost,
            'web' AS resource_tags_user_team, '' AS resource_tags_user_owner,
            '12' AS product_physical_cores, 'Compute Instance' AS product_product_family""",
    )
    assert recognise(bill) == "aws_cur2"
    land([bill], "aws_cur2", "default", lake)
    row = landed("aws_cur2")[0]
    assert row["bill_payer_account_id"] == "000123456789"
    assert (row["bill_invoice_id"], row["line_item_resource_id"]) == (None, None)
    assert row["line_item_unblended_cost"] == Decimal("1.44E-8")
    assert row["reservation_reservation_a_r_n"] == "arn:ri"
    assert row["split_line_item_parent_resource_id"] == "i-1"
    assert row["split_line_item_split_cost"] == Decimal("0.25")
    assert row["resource_tags"] == '{"user:team":"web"}'
    assert row["product"] == '{"physical_cores":"12"}'
    assert row["product_product_family"] == "Compute Instance"


def test_legacy_headers_of_split_cost_allocation(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    header = ["bill/PayerAccountId", "bill/BillingPeriodStartDate", "lineItem/UsageStartDate"]
    header += ["lineItem/CurrencyCode", "lineItem/UnblendedCost", "splitLineItem/ParentResourceId"]
    header += ["splitLineItem/SplitCost", "splitLineItem/NetUnusedCost"]
    row = ["1", "2025-09-01T00:00:00Z", "2025-09-03T00:00:00Z", "USD", "0", "i-1", "0.5", "0.1"]
    land([write_csv("legacy.csv", header, [row])], "aws_cur_legacy", "default", lake)
    found = landed("aws_cur_legacy")[0]
    assert found["split_line_item_parent_resource_id"] == "i-1"
    assert found["split_line_item_split_cost"] == Decimal("0.5")
    assert found["split_line_item_net_unused_cost"] == Decimal("0.1")


def test_oracles_focus_report_has_names_of_the_specifications_drafts(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    row = {
        "BilledCost": "0.03", "BillingAccountId": "1", "BillingCurrency": "SGD",
        "BillingPeriodStart": "2025-09-01T00:00Z", "ChargeCategory": "Usage",
        "ChargePeriodStart": "2025-09-03T01:00Z", "InvoiceIssuer": "Oracle America",
        "Provider": "Oracle", "Publisher": "Oracle Cloud", "Region": "ap-singapore-1",
        "UsageQuantity": "2", "UsageUnit": "OCPU", "oci_CompartmentName": "root",
    }  # fmt: skip
    land([write_csv("0001.csv", list(row), [list(row.values())])], "focus", "default", lake)
    found = landed("focus")[0]
    named = ("invoice_issuer_name", "provider_name", "publisher_name", "region_id", "consumed_unit")
    assert [found[column] for column in named] == [
        "Oracle America", "Oracle", "Oracle Cloud", "ap-singapore-1", "OCPU",
    ]  # fmt: skip
    assert found["consumed_quantity"] == 2
    assert found["x_extras"] == '{"oci_CompartmentName":"root"}'


def test_a_focus_file_with_both_names_is_read_by_the_specifications(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    """Vendors add a Region of their own beside RegionId."""
    row = {
        "Region": "Frankfurt", "BilledCost": "1", "BillingAccountId": "1", "BillingCurrency": "EUR",
        "BillingPeriodStart": "2025-09-01T00:00:00Z", "ChargeCategory": "Usage",
        "ChargePeriodStart": "2025-09-03T01:00:00Z", "RegionId": "eu-central-1",
    }  # fmt: skip
    land([write_csv("0001.csv", list(row), [list(row.values())])], "focus", "default", lake)
    found = landed("focus")[0]
    assert (found["region_id"], found["x_extras"]) == ("eu-central-1", '{"Region":"Frankfurt"}')


def test_aws_focus_export_as_parquet_with_maps(tmp_path: Path, lake: Path, landed: Landed) -> None:
    bill = write_parquet(
        tmp_path / "focus.snappy.parquet",
        """SELECT 1.5::DOUBLE AS BilledCost, 1.25::DOUBLE AS EffectiveCost,
            '000123456789' AS BillingAccountId, 'USD' AS BillingCurrency, 'Usage' AS ChargeCategory,
            TIMESTAMP '2025-09-01' AS BillingPeriodStart,
            TIMESTAMP '2025-09-03' AS ChargePeriodStart,
            MAP {'team': 'web', 'aws:createdBy': 'me'} AS Tags,
            MAP {'edpDiscount': -0.25::DOUBLE} AS x_Discounts,
            'RunInstances' AS x_Operation, 'AmazonEC2' AS x_ServiceCode,
            'BoxUsage' AS x_UsageType""",
    )
    assert recognise(bill) == "focus"
    land([bill], "focus", "aws", lake)
    row = landed("focus")[0]
    assert row["tags"] == '{"aws:createdBy":"me","team":"web"}'
    assert (row["x_service_code"], row["x_usage_type"]) == ("AmazonEC2", "BoxUsage")
    assert "RunInstances" in row["x_extras"] and "edpDiscount" in row["x_extras"]


def test_rule_25_googles_focus_export_lists_labels_in_columns_of_its_own(
    tmp_path: Path, lake: Path, landed: Landed
) -> None:
    bill = write_parquet(
        tmp_path / "focus.parquet",
        """SELECT 1.5::DECIMAL(38, 9) AS BilledCost, 'a' AS BillingAccountId,
            'EUR' AS BillingCurrency, 'Usage' AS ChargeCategory,
            TIMESTAMP '2026-06-01 07:00:00' AS BillingPeriodStart,
            TIMESTAMP '2026-06-03' AS ChargePeriodStart,
            [{'Key': 'team', 'Value': 'web'}] AS x_Labels,
            [{'Key': 'team', 'Value': 'all'}] AS x_ProjectLabels,
            [{'Key': 'cores', 'Value': ''}] AS x_SystemLabels,
            [{'Key': 'unit', 'Value': '7', 'x_Inherited': true, 'x_Namespace': '1'}] AS x_Tags""",
    )
    land([bill], "focus", "google", lake)
    columns = "x_labels, x_project_labels, x_system_labels, x_tags, x_extras"
    assert list(landed("focus", columns)[0].values()) == [
        '{"team":"web"}',
        '{"team":"all"}',
        '{"cores":""}',
        '{"unit":"7"}',
        None,
    ]


LITELLM = """SELECT 0.000083::DECIMAL(18, 6) AS BilledCost,
    0.000083::DECIMAL(18, 6) AS EffectiveCost,
    {account} 'USD' AS BillingCurrency, '2025-10-01T00:00:00Z' AS BillingPeriodStart,
    '2025-10-02T00:00:00Z' AS BillingPeriodEnd, 'Usage' AS ChargeCategory,
    '2025-10-01T00:00:00Z' AS ChargePeriodStart, '2025-10-02T00:00:00Z' AS ChargePeriodEnd,
    1::DECIMAL(18, 6) AS ConsumedQuantity, 'Requests' AS ConsumedUnit, 'openai' AS ProviderName,
    '{{"team_id": "t", "model": "gpt-4o"}}' AS Tags"""


def test_llm_usage_of_litellm_is_focus(tmp_path: Path, lake: Path, landed: Landed) -> None:
    bill = tmp_path / "usage.parquet"
    write_parquet(bill, LITELLM.format(account="'88dc' AS BillingAccountId,"))
    assert recognise(bill) == "focus"
    land([bill], "focus", "litellm", lake)
    row = landed("focus")[0]
    assert row["billed_cost"] == Decimal("0.000083")
    assert row["charge_period_end"] == datetime.fromisoformat("2025-10-02")
    assert row["tags"] == '{"model":"gpt-4o","team_id":"t"}'


def test_llm_usage_without_an_account_says_what_to_declare(tmp_path: Path, lake: Path) -> None:
    bill = write_parquet(tmp_path / "usage.parquet", LITELLM.format(account=""))
    with pytest.raises(IngestError, match=r"--set billing_account_id="):
        land([bill], "focus", "litellm", lake)
    declared = {"billing_account_id": "llm-proxy"}
    assert land([bill], "focus", "litellm", lake, declared=declared)[0].rows == 1


def test_vercels_charges_are_focus_and_say_what_to_declare(tmp_path: Path, lake: Path) -> None:
    bill = tmp_path / "charges.jsonl"
    bill.write_text(
        '{"BilledCost":1.5,"EffectiveCost":1.5,"BillingCurrency":"USD","ChargeCategory":"Usage",'
        '"ChargePeriodStart":"2026-07-01T00:00:00.000Z","ServiceProviderName":"Vercel"}'
    )
    assert recognise(bill) == "focus"
    with pytest.raises(IngestError, match=r"billing_account_id=… --set billing_period_start=…"):
        land([bill], "focus", "vercel", lake)
    declared = {"billing_account_id": "team_1", "billing_period_start": "2026-07-01"}
    assert land([bill], "focus", "vercel", lake, declared=declared)[0].billing_period == "2026-07"


OCI = ["lineItem/referenceNo", "lineItem/tenantId", "lineItem/intervalUsageStart", "cost/myCost"]
OCI += ["cost/currencyCode", "lineItem/isCorrection", "lineItem/backreferenceNo"]


@pytest.mark.parametrize("unit", ["cost/billingUnitReadable", "cost/skuUnitDescription"])
def test_oci_cost_report_of_either_age(
    unit: str, write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    header = [*OCI, unit, "tags/team", "tags/Oracle-Tags.CreatedBy"]
    row = ["V2.1", "ocid1.tenancy", "2025-03-14T09:00Z", "2.754E-8", "eur", "TRUE", "V2.0"]
    bill = write_csv("report.csv", header, [[*row, "GB Months", "web", ""]])
    assert recognise(bill) == "oci_cost"
    (result,) = land([bill], "oci_cost", "default", lake)
    assert result.billing_period == "2025-03"
    found = landed("oci_cost")[0]
    assert found["interval_usage_start"] == datetime.fromisoformat("2025-03-14T09:00")
    assert (found["my_cost"], found["currency_code"]) == (Decimal("2.754E-8"), "EUR")
    assert found["tags"] == '{"team":"web"}'
    assert "GB Months" in (found["sku_unit_description"], found["billing_unit_readable"])
    assert (found["is_correction"], found["backreference_no"]) == ("TRUE", "V2.0")


def test_a_time_without_seconds_that_does_not_exist_is_refused(
    write_csv: WriteCsv, lake: Path
) -> None:
    row = ["V2.1", "ocid1.tenancy", "2025-03-14T25:00Z", "1", "EUR", "FALSE", ""]
    with pytest.raises(IngestError, match=r"row 1.*25:00Z"):
        land([write_csv("report.csv", OCI, [row])], "oci_cost", "default", lake)
