"""Values in the ways of vendors and writers that spell them as no specification does."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land

Landed = Callable[..., list[dict[str, Any]]]
WriteCsv = Callable[..., Path]

HEADER = ["BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart"]
HEADER += ["ChargePeriodStart", "ChargeCategory", "Tags", "SkuPriceDetails"]
ROW = ("1", "a", "CNY", "2025-09-01 00:00:00", "2025-09-03 00:00:00", "Usage")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("key:env value:prod; key:team value:core ops", '{"env":"prod","team":"core ops"}'),
        ("key:url value:http://a; b value:c;", '{"url":"http://a; b value:c"}'),
        ("key:critical value:; key:Env value:p", '{"Env":"p","critical":true}'),
        ("{'env': 'prod', 'owner': None, 'critical': True}", '{"critical":true,"env":"prod"}'),
    ],
)
def test_rule_25_tags_as_alibaba_and_data_frames_write_them(
    written: str, read: str, write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    bill = write_csv("bill.csv", HEADER, [(*ROW, written, "{'CoreCount': 4}")])
    land([bill], "focus", "x", lake)
    row = landed("focus", "tags, sku_price_details, x_extras")[0]
    assert row == {"tags": read, "sku_price_details": '{"CoreCount":4}', "x_extras": None}


@pytest.mark.parametrize("written", ["key:env", """{'note': "it's"}""", "env=prod"])
def test_tags_in_no_known_spelling_are_kept_as_they_are(
    written: str, write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    land([write_csv("bill.csv", HEADER, [(*ROW, written, "")])], "focus", "x", lake)
    row = landed("focus", "tags, x_extras")[0]
    assert row["tags"] is None
    assert written.replace('"', '\\"') in row["x_extras"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("€12.50", "12.5"),
        ("£1,234.50", "1234.5"),
        ("₩1,234", "1234"),
        ("(3.00)", "-3"),
        ("($1,003.00)", "-1003"),
        ("-$3.00", "-3"),
    ],
)
def test_rule_32_amounts_as_spreadsheets_of_other_currencies_write_them(
    written: str, read: str, write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    land([write_csv("bill.csv", HEADER, [(written, *ROW[1:], "", "")])], "focus", "x", lake)
    assert landed("focus", "billed_cost")[0]["billed_cost"] == Decimal(read)


@pytest.mark.parametrize("written", ["1,234", "€1,234", "12,50 €", "(3", "(-3.00)"])
def test_amounts_that_may_mean_another_are_refused(
    written: str, write_csv: WriteCsv, lake: Path
) -> None:
    with pytest.raises(IngestError, match="is not a number"):
        land([write_csv("bill.csv", HEADER, [(written, *ROW[1:], "", "")])], "focus", "x", lake)


def test_rule_26_what_a_credit_leaves_empty_is_nothing(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    header = ["billing_account_id", "sku_id", "usage_start_time", "cost", "currency"]
    credit = '[{"amount": -1, "full_name": "", "id": "", "name": "Trial", "type": "PROMOTION"}]'
    row = ["a", "s", "2025-09-01", "5", "EUR", "202509", credit]
    land(
        [write_csv("g.csv", [*header, "invoice_month", "credits"], [row])],
        "gcp_standard",
        "x",
        lake,
    )
    assert landed("gcp_standard", "credits")[0]["credits"] == (
        '[{"amount":"-1","full_name":null,"id":null,"name":"Trial","type":"PROMOTION"}]'
    )
