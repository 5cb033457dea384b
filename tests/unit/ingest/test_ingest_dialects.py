"""The same facts in another spelling of a bill land as the same columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.landing import land
from orchestration.ingest.recognition import recognise

Landed = Callable[..., list[dict[str, Any]]]
WriteCsv = Callable[..., Path]

CUR2 = """
    SELECT '111' AS bill_payer_account_id, TIMESTAMP '2025-09-01' AS bill_billing_period_start_date,
        TIMESTAMP '2025-09-03' AS line_item_usage_start_date, 'USD' AS line_item_currency_code,
        1.1::DOUBLE AS line_item_unblended_cost,
        MAP {'product_name': 'Amazon EC2', 'region': 'us-east-1', 'location': ''} AS product,
        MAP {'user_team': 'web', 'aws_created_by': 'me', 'user_empty': ''} AS resource_tags,
        MAP {'resourceTags/team': 'web', 'resourceTags/aws:createdBy': 'me', 'accountTag/team': 'o'}
            AS tags
"""


def write_parquet(path: Path, query: str) -> Path:
    with duckdb.connect() as db:
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_cur2_parquet_with_maps(tmp_path: Path, lake: Path, landed: Landed) -> None:
    bill = write_parquet(tmp_path / "cur2.parquet", CUR2)
    assert recognise(bill) == "aws_cur2"
    land([bill], "aws_cur2", "default", lake)
    row = landed("aws_cur2")[0]
    assert row["resource_tags"] == '{"aws:created_by":"me","user:team":"web"}'
    assert row["tags"] == '{"accountTag/team":"o","aws:createdBy":"me","team":"web"}'
    assert row["product_product_name"] == "Amazon EC2"
    assert row["product"] == '{"location":"","product_name":"Amazon EC2","region":"us-east-1"}'
    assert row["product_location"] is None
    assert row["line_item_unblended_cost"] == Decimal("1.1")


def test_cur2_csv_with_maps_as_json(write_csv: WriteCsv, lake: Path, landed: Landed) -> None:
    header = ["bill_payer_account_id", "bill_billing_period_start_date", "resource_tags", "product"]
    header += ["line_item_usage_start_date", "line_item_currency_code", "line_item_unblended_cost"]
    tags = '{"user_team":"web","aws_createdBy":"me"}'
    product = '{"servicename": "EC2", "product_name": "Amazon EC2"}'
    rows = [["1", "2025-09-01T00:00:00.000Z", tags, product, "2025-09-03T01:00:00Z", "USD", "1"]]
    rows += [["1", "2025-09-01T00:00:00.000Z", "{}", "", "2025-09-03T01:00:00Z", "USD", "1"]]
    land([write_csv("cur2.csv", header, rows)], "aws_cur2", "default", lake)
    first, second = landed("aws_cur2")
    assert first["resource_tags"] == '{"aws:createdBy":"me","user:team":"web"}'
    assert first["product_servicename"] == "EC2"
    assert (second["resource_tags"], second["product"]) == (None, None)


def test_cur_with_one_column_per_tag(write_csv: WriteCsv, lake: Path, landed: Landed) -> None:
    legacy = ["bill/PayerAccountId", "bill/BillingPeriodStartDate", "lineItem/UsageStartDate"]
    legacy += ["lineItem/CurrencyCode", "lineItem/UnblendedCost", "resourceTags/user:Team"]
    legacy += [
        "resourceTags/aws:createdBy",
        "product/instanceType",
        "product/vcpu",
        "costCategory/Env",
    ]
    rows = [
        [
            "1",
            "2025-09-01T00:00:00Z",
            "2025-09-03T00:00:00Z",
            "USD",
            "1",
            "Web",
            "",
            "m5",
            "2",
            "prod",
        ]
    ]
    rows += [["1", "2025-09-01T00:00:00Z", "2025-09-03T00:00:00Z", "USD", "1", "", "", "", "", ""]]
    bill = write_csv("legacy.csv", legacy, rows)
    assert recognise(bill) == "aws_cur_legacy"
    land([bill], "aws_cur_legacy", "default", lake)
    first, second = landed("aws_cur_legacy")
    assert first["resource_tags"] == '{"user:Team":"Web"}'
    assert first["product"] == '{"vcpu":"2"}'
    assert first["product_instance_type"] == "m5"
    assert first["cost_category"] == '{"Env":"prod"}'
    assert [second[c] for c in ("resource_tags", "product", "cost_category")] == [None] * 3

    flat = [h.replace("resourceTags/user:Team", "resource_tags_user_team") for h in legacy]
    flat = [h.replace("lineItem/UsageStartDate", "line_item_usage_start_date") for h in flat]
    bill = write_csv("flat.csv", flat, rows)
    land([bill], "aws_cur2", "default", lake)
    assert landed("aws_cur2")[0]["resource_tags"] == '{"user:team":"Web"}'


def test_azure_dates_in_all_their_formats(write_csv: WriteCsv, lake: Path, landed: Landed) -> None:
    header = ["Date", "MeterId", "ResourceId", "Cost", "BillingCurrency", "BillingPeriodStartDate"]
    texts = ["09/21/2023", "9/21/23", "2023-09-21", "2023-09-21T00:00:00Z", "20230921"]
    texts += ["9/21/2023 12:00:00 AM", "2023-09-21T02:00:00+02:00"]
    rows = [[text, "m", "r", "1", "USD", "09/01/2023"] for text in texts]
    land([write_csv("ActualCost.csv", header, rows)], "azure_actual", "default", lake)
    assert {row["date"] for row in landed("azure_actual")} == {date(2023, 9, 21)}


def test_azure_tags_with_and_without_braces(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    header = ["date", "meterid", "resourceid", "cost", "billingcurrency", "tags"]
    tags = ['"b": "2","a": ""', '{"b":"2","a":""}', "", "{}", '{"a": "1", "a": "2"}', "no json"]
    rows = [["2025-09-01", "m", "r", "1", "USD", text] for text in tags]
    land([write_csv("a.csv", header, rows)], "azure_actual", "default", lake)
    found = landed("azure_actual")
    assert [row["tags"] for row in found] == [
        '{"a":"","b":"2"}',
        '{"a":"","b":"2"}',
        None,
        None,
        '{"a":"1"}',
        None,
    ]
    assert found[-1]["x_extras"] == '{"tags":"no json"}'


@pytest.mark.parametrize("feed", ["focus", "aws_cur2"])
@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_list_of_tags_is_kept_but_is_no_object(
    feed: str, kind: str, tmp_path: Path, lake: Path, landed: Landed
) -> None:
    tags = "Tags" if feed == "focus" else "resource_tags"
    row = {
        "BilledCost": "1",
        "BillingAccountId": "a",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2025-09-01",
        "ChargePeriodStart": "2025-09-01",
        "ChargeCategory": "Usage",
    }
    if feed == "aws_cur2":
        row = {
            "bill_payer_account_id": "a",
            "bill_billing_period_start_date": "2025-09-01",
            "line_item_usage_start_date": "2025-09-01",
            "line_item_currency_code": "USD",
            "line_item_unblended_cost": "1",
        }
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([{**row, tags: [{"key": "team"}]}, {**row, tags: []}]))
    bill = tmp_path / f"bill.{kind}"
    values = f"* REPLACE ({tags}::JSON::VARCHAR AS {tags})" if kind == "csv" else "*"
    duckdb.sql(f"COPY (SELECT {values} FROM '{rows}') TO '{bill}' (FORMAT {kind})")
    land([bill], feed, "default", lake)
    found = landed(feed)
    assert [row[tags.lower()] for row in found] == [None, None]
    assert [row["x_extras"] for row in found] == [
        json.dumps({tags: '[{"key":"team"}]'}, separators=(",", ":")),
        None,
    ]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([{"Key": "team", "Value": "web"}, {"Key": "env", "Value": ""}], '{"env":"","team":"web"}'),
        ([{"value": '"Key": 1', "key": "team"}], r'{"team":"\"Key\": 1"}'),
        ([{"Key": "team", "Value": "web"}, {"Key": "team", "Value": "ops"}], '{"team":"web"}'),
        ([{"Key": "team", "Value": None}], None),
    ],
)
def test_rule_25_tags_listed_as_keys_and_values_are_an_object(
    tags: object, expected: str | None, tmp_path: Path, lake: Path, landed: Landed
) -> None:
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps({
        "BilledCost": "1", "BillingAccountId": "a", "BillingCurrency": "USD",
        "BillingPeriodStart": "2025-09-01", "ChargePeriodStart": "2025-09-01",
        "ChargeCategory": "Usage", "Tags": tags,
    }))  # fmt: skip
    for kind, values in {"csv": "* REPLACE (Tags::JSON::VARCHAR AS Tags)", "parquet": "*"}.items():
        bill = tmp_path / f"bill.{kind}"
        duckdb.sql(f"COPY (SELECT {values} FROM '{rows}') TO '{bill}' (FORMAT {kind})")
        land([bill], "focus", kind, lake)
    assert landed("focus", "tags, x_extras") == [{"tags": expected, "x_extras": None}] * 2


AZURE = ["Date", "MeterId", "ResourceId", "BillingCurrency", "Cost", "ChargeType", "PricingModel"]


@pytest.mark.parametrize(
    ("rows", "name", "feed"),
    [
        ([("1", "Purchase", "Reservation")], "export.csv", "azure_actual"),
        ([("-1", "Refund", "SavingsPlan")], "export.csv", "azure_actual"),
        ([("0", "Usage", "Reservation"), ("1", "Usage", "OnDemand")], "x.csv", "azure_actual"),
        ([("0.5", "Usage", "Savings Plan")], "export.csv", "azure_amortized"),
        ([("0", "UnusedReservation", "Reservation")], "export.csv", "azure_amortized"),
        ([("1", "Usage", "OnDemand")], "CostAmortised_09.csv", "azure_amortized"),
        ([("1", "Usage", "OnDemand")], "ActualCost.csv", "azure_actual"),
        ([("1", "Usage", "OnDemand")], "export.csv", "azure_actual"),
    ],
)
def test_azure_actual_and_amortised_are_told_apart(
    rows: list[tuple[str, str, str]], name: str, feed: str, write_csv: WriteCsv
) -> None:
    lines = [["2025-09-01", "m", "r", "USD", *row] for row in rows]
    assert recognise(write_csv(name, AZURE, lines)) == feed


GCP = {
    "billing_account_id": "0123AB-4567CD-89EF01",
    "service": {"id": "S", "description": "Compute Engine"},
    "sku": {"id": "K", "description": "N1"},
    "usage_start_time": "2025-08-31 23:00:00 UTC",
    "usage_end_time": "2025-09-01 00:00:00 UTC",
    "project": {
        "id": "p",
        "number": "1",
        "labels": [{"key": "z", "value": "1"}, {"key": "a", "value": ""}],
    },
    "labels": [],
    "resource": {"name": "vm", "global_name": "//vm"},
    "location": {"region": "us-west1", "zone": None},
    "cost": 1.5,
    "currency": "USD",
    "credits": [{"name": "SUD", "amount": -0.25}, {"name": "CUD", "amount": 1e-7}],
    "invoice": {"month": "202509"},
}


def test_gcp_nested_json_and_parquet_land_alike(tmp_path: Path, lake: Path, landed: Landed) -> None:
    lines = tmp_path / "export.ndjson"
    lines.write_text("\n".join(json.dumps({**GCP, "cost": cost}) for cost in (1.5, 2.5)))
    parquet = write_parquet(tmp_path / "export.parquet", f"FROM read_json('{lines}')")
    for path, export in ((lines, "json"), (parquet, "parquet")):
        assert recognise(path) == "gcp_detailed"
        results = land([path], "gcp_detailed", export, lake)
        assert [r.billing_period for r in results] == ["2025-09"]
        totals = {total.measure: total.amount for total in results[0].control_totals}
        assert totals == {"cost": Decimal(4), "credits": Decimal("-0.4999998")}
    rows = landed("gcp_detailed")
    meta = {key for key in rows[0] if key.startswith("x_")}
    stripped = [{k: v for k, v in row.items() if k not in meta} for row in rows]
    assert stripped[:1] == [row for row in stripped if row["cost"] == Decimal("1.5")][1:]
    assert rows[0]["project_labels"] == '{"a":"","z":"1"}'
    assert rows[0]["labels"] is None
    assert rows[0]["usage_start_time"] == datetime(2025, 8, 31, 23)  # noqa: DTZ001 - UTC, naive
    assert [c["amount"] for c in json.loads(rows[0]["credits"])] == ["-0.25", "0.0000001"]


def test_gcp_flattened_export_keeps_the_projects_labels_apart(lake: Path, billing: Path) -> None:
    land([billing / "gcp/detailed_export_synth_finops_agent.csv"], "gcp_detailed", "x", lake)
    with duckdb.connect() as db:
        row = db.execute(
            "SELECT project_labels, labels, system_labels, tags, credits"
            f" FROM read_parquet('{lake}/gcp_detailed/x/*/data.parquet')"
            " WHERE sku_id = 'SKU-BQY-ANALYSIS' AND cost = 212.478"
        ).fetchone()
    assert row is not None
    assert row[:4] == (
        '{"env":"development","team":"secops"}',
        '{"cost_center":"cc-1049"}',
        '{"compute.googleapis.com/cores":"8"}',
        '{"data_classification":"restricted"}',
    )
    assert json.loads(row[4]) == [
        {
            "amount": "-42.4956",
            "full_name": "Startup Accelerator Credits Package B",
            "id": "CR-78220",
            "name": "Promotional Credit",
            "type": "PROMOTION",
        }
    ]


def test_gcp_flattened_credit_without_its_list_is_not_lost(write_csv: WriteCsv, lake: Path) -> None:
    header = ["billing_account_id", "sku_id", "usage_start_time", "cost", "currency"]
    header += ["invoice_month", "credits_name", "credits_amount"]
    rows = [["1", "k", "2025-09-01T00:00:00Z", "2", "USD", "202509", "SUD", "-0.5"]]
    result = land([write_csv("g.csv", header, rows)], "gcp_standard", "default", lake)[0]
    assert {t.measure: t.amount for t in result.control_totals} == {
        "cost": Decimal(2),
        "credits": Decimal("-0.5"),
    }


FOCUS = ["BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart"]
FOCUS += ["ChargeCategory", "ChargePeriodStart", "Tags", "ChargeClass"]


def test_focus_null_texts_money_texts_and_dates(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    rows = [
        ["$10,000.00 ", "1", "USD", "5/1/25", "Usage", "5/1/25", "NULL", "NULL"],
        [
            "-$1,234.5",
            "1",
            "USD",
            "2025-05-01 00:00:00",
            "Usage",
            "2025-05-02T00:00:00Z",
            "{}",
            "null",
        ],
        [
            "1.44E-7",
            "1",
            "USD",
            "2025-05-01T00:00:00Z",
            "Usage",
            "2025-05-02",
            '{"b":true,"a":1}',
            "",
        ],
    ]
    land([write_csv("f.csv", FOCUS, rows)], "focus", "default", lake)
    found = landed("focus")
    assert [row["billed_cost"] for row in found] == [
        Decimal(10000),
        Decimal("-1234.5"),
        Decimal("1.44e-7"),
    ]
    assert [row["tags"] for row in found] == [None, None, '{"a":1,"b":true}']
    assert {row["charge_class"] for row in found} == {None}
    assert {row["x_billing_period"] for row in found} == {"2025-05"}


@pytest.mark.parametrize("start", ["2025-09-01T00:00:00+08:00", "2025-09-01T07:00:00Z"])
def test_a_focus_month_begins_at_its_providers_midnight(
    start: str, write_csv: WriteCsv, lake: Path
) -> None:
    header = ["BilledCost", "BillingAccountId", "BillingCurrency", "ChargeCategory"]
    header += ["BillingPeriodStart", "ChargePeriodStart"]
    bill = write_csv("focus.csv", header, [["1", "a", "CNY", "Usage", start, start]])
    assert [r.billing_period for r in land([bill], "focus", "default", lake)] == ["2025-09"]


def test_focus_parquet_with_a_map_of_tags(tmp_path: Path, lake: Path, landed: Landed) -> None:
    query = """
        SELECT 1.5::DECIMAL(30, 15) AS BilledCost, 'a' AS BillingAccountId,
            'EUR' AS BillingCurrency,
            TIMESTAMPTZ '2025-05-01 00:00:00+00' AS BillingPeriodStart, 'Usage' AS ChargeCategory,
            TIMESTAMPTZ '2025-05-31 23:00:00+00' AS ChargePeriodStart,
            MAP {'team': 'x', 'app': 'y'} AS Tags, 'v' AS x_Own
    """
    land([write_parquet(tmp_path / "f.parquet", query)], "focus", "default", lake)
    row = landed("focus")[0]
    assert row["tags"] == '{"app":"y","team":"x"}'
    assert row["charge_period_start"] == datetime(2025, 5, 31, 23)  # noqa: DTZ001 - UTC, naive
    assert row["x_extras"] == '{"x_Own":"v"}'


def test_focus_parquet_with_a_record_of_tags(tmp_path: Path, lake: Path, landed: Landed) -> None:
    bill = tmp_path / "focus.parquet"
    duckdb.sql(
        "COPY (SELECT '1' AS BilledCost, 'a' AS BillingAccountId, 'USD' AS BillingCurrency,"
        " 'Usage' AS ChargeCategory, DATE '2025-09-01' AS BillingPeriodStart,"
        " DATE '2025-09-01' AS ChargePeriodStart, {'team': 'web', 'env': NULL} AS Tags)"
        f" TO '{bill}' (FORMAT parquet)"
    )
    land([bill], "focus", "default", lake)
    assert landed("focus", "tags, x_extras") == [{"tags": '{"team":"web"}', "x_extras": None}]


def test_header_that_names_columns_no_row_has(write_csv: WriteCsv, lake: Path) -> None:
    header = ["metric_date", "metric", "quantity", "never"]
    rows = [["2025-09-01", "orders", str(i)] for i in range(5)]
    result = land([write_csv("d.csv", header, rows)], "business_drivers", "default", lake)[0]
    assert result.control_totals[0].amount == Decimal(10)


def test_bom_and_windows_line_ends(write_csv: WriteCsv, lake: Path) -> None:
    bill = write_csv(
        "d.csv", ["metric_date", "metric", "quantity"], [["2025-09-01", "orders", "2"]]
    )
    bill.write_bytes(b"\xef\xbb\xbf" + bill.read_bytes().replace(b"\n", b"\r\n"))
    assert recognise(bill) == "business_drivers"
    assert land([bill], "business_drivers", "default", lake)[0].rows == 1


def test_line_breaks_inside_quoted_values(write_csv: WriteCsv, lake: Path, landed: Landed) -> None:
    rows = [["2025-09-01", "or\nders", "2"], ["2025-09-01", 'a "b", c', "3"]]
    land(
        [write_csv("d.csv", ["metric_date", "metric", "quantity"], rows)],
        "business_drivers",
        "a",
        lake,
    )
    assert [row["metric"] for row in landed("business_drivers")] == ["or\nders", 'a "b", c']
