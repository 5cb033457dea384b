"""Azure's headers, encodings and date styles: what they land as, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land
from orchestration.ingest.recognition import recognise

Landed = Callable[..., list[dict[str, Any]]]
WriteCsv = Callable[..., Path]

PAY_AS_YOU_GO = {
    "SubscriptionGuid": "sub-1", "UsageDateTime": "2023-09-21", "MeterCategory": "Storage",
    "MeterId": "m", "UsageQuantity": "3", "ResourceRate": "0.5", "PreTaxCost": "1.5",
    "ConsumedService": "Microsoft.Storage", "InstanceId": "/r", "Currency": "EUR",
    "UnitOfMeasure": "100 Hours",
}  # fmt: skip
BRACKETED = {
    "Abonnement-GUID (SubscriptionGuid)": "sub-1", "UsageDateTime (UsageDateTime)": "2023-09-21",
    "Kategorie der Verbrauchseinheit (MeterCategory)": "Storage",
    "ID der Verbrauchseinheit (MeterId)": "m", "UsageQuantity (UsageQuantity)": "3",
    "Ressourcensatz (ResourceRate)": "0.5", "PreTaxCost (PreTaxCost)": "1.5",
    "Genutzter Dienst (ConsumedService)": "Microsoft.Storage", "InstanceId (InstanceId)": "/r",
    "Currency": "EUR", "Maßeinheit (UnitOfMeasure)": "100 Hours",
}  # fmt: skip
FRENCH = {
    "ID d'abonnement": "sub-1", "Date d'utilisation": "2023-09-21",
    "Catégorie de compteur": "Storage", "ID de compteur": "m", "Quantité": "3",
    "Prix effectif": "0.5", "Coût avant taxes": "1.5", "Service consommé": "Microsoft.Storage",
    "ID d'instance": "/r", "Devise": "EUR", "Unité de mesure": "100 Hours",
}  # fmt: skip
SPANISH = {
    "Id. de suscripción": "sub-1", "Fecha": "2023-09-21", "Categoría de medidor": "Storage",
    "Id. de medidor": "m", "Cantidad": "3", "Precio efectivo": "0.5", "Costo": "1.5",
    "Servicio consumido": "Microsoft.Storage", "Id. de recurso": "/r", "Moneda": "EUR",
    "Unidad de medida": "100 Hours",
}  # fmt: skip
JAPANESE = {
    "サブスクリプション ID": "sub-1", "日付": "2023-09-21", "測定カテゴリ": "Storage",
    "測定 ID": "m", "数量": "3", "実質価格": "0.5", "コスト": "1.5",
    "使用されたサービス": "Microsoft.Storage", "リソース ID": "/r", "通貨": "EUR",
    "測定単位": "100 Hours",
}  # fmt: skip
ENTERPRISE_OF_2018 = {
    "SubscriptionId": "4711", "Subscription GUID": "sub-1", "Date": "9/21/2023",
    "Meter Category": "Storage", "Meter ID": "m", "Consumed Quantity": "3",
    "ResourceRate": "0.5", "ExtendedCost": "1.5", "Consumed Service": "Microsoft.Storage",
    "Instance ID": "/r", "Currency": "EUR", "Unit Of Measure": "100 Hours",
}  # fmt: skip
CUSTOMER_AGREEMENT = {
    "SubscriptionId": "sub-1", "date": "09/21/2023", "meterCategory": "Storage", "meterId": "m",
    "quantity": "3", "effectivePrice": "0.5", "costInBillingCurrency": "1.5",
    "costInPricingCurrency": "1.6", "costInUsd": "1.6", "consumedService": "Microsoft.Storage",
    "ResourceId": "/r", "billingCurrency": "EUR", "unitOfMeasure": "100 Hours",
}  # fmt: skip


# Partner Center's daily-rated usage, with all columns that are documented but the reseller's.
PARTNERS = {
    "PartnerId": "partner-1", "PartnerName": "Fabrikam", "CustomerId": "c-1",
    "CustomerName": "Contoso", "CustomerDomainName": "contoso.onmicrosoft.com",
    "CustomerCountry": "PL", "MpnId": "12345", "Tier2MpnId": "", "InvoiceNumber": "G002297372",
    "ProductId": "DZH318Z0BNZ5", "SkuId": "006G", "AvailabilityId": "DZH318Z08B80",
    "SkuName": "Tables", "ProductName": "Tables", "PublisherName": "Microsoft", "PublisherId": "",
    "SubscriptionDescription": "Azure plan", "SubscriptionId": "plan-1",
    "ChargeStartDate": "2023-09-01T00:00:00Z", "ChargeEndDate": "2023-09-30T00:00:00Z",
    "UsageDate": "2023-09-21T00:00:00Z", "MeterType": "1 GB/Month", "MeterCategory": "Storage",
    "MeterId": "m", "MeterSubCategory": "Tables", "MeterName": "LRS Data Stored",
    "MeterRegion": "PL Central", "Unit": "100 Hours", "ResourceLocation": "PLCENTRAL",
    "ConsumedService": "Microsoft.Storage", "ResourceGroup": "rg", "ResourceURI": "/r",
    "ChargeType": "new", "UnitPrice": "0.6", "Quantity": "3", "UnitType": "100 Hours",
    "BillingPreTaxTotal": "1.5", "BillingCurrency": "EUR", "PricingPreTaxTotal": "1.6",
    "PricingCurrency": "USD", "ServiceInfo1": "", "ServiceInfo2": "",
    "Tags": '{"env":"prod"}', "AdditionalInfo": "", "EffectiveUnitPrice": "0.5",
    "PCToBCExchangeRate": "0.9375", "PCToBCExchangeRateDate": "2023-09-01T00:00:00Z",
    "EntitlementId": "sub-1", "EntitlementDescription": "Shop",
    "PartnerEarnedCreditPercentage": "15", "CreditPercentage": "0",
    "CreditType": "Credit Not Applied", "BenefitOrderId": "", "BenefitId": "", "BenefitType": "",
}  # fmt: skip


def lines(row: dict[str, str]) -> tuple[Sequence[str], list[Sequence[str]]]:
    return list(row), [list(row.values())]


@pytest.mark.parametrize(
    "row",
    [
        PAY_AS_YOU_GO,
        BRACKETED,
        FRENCH,
        SPANISH,
        JAPANESE,
        ENTERPRISE_OF_2018,
        CUSTOMER_AGREEMENT,
        PARTNERS,
    ],
    ids=["payg", "bracketed", "french", "spanish", "japanese", "ea2018", "mca", "partners"],
)
def test_the_same_charge_in_every_dialect_lands_alike(
    row: dict[str, str], write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    bill = write_csv("bill.csv", *lines(row))
    assert recognise(bill) == "azure_actual"
    land([bill], "azure_actual", "default", lake)
    (found,) = landed("azure_actual")
    assert (found["subscription_id"], found["date"], found["cost"], found["quantity"]) == (
        "sub-1", date(2023, 9, 21), Decimal("1.5"), Decimal(3),
    )  # fmt: skip
    assert (found["meter_category"], found["meter_id"], found["resource_id"]) == (
        "Storage",
        "m",
        "/r",
    )
    assert (found["billing_currency"], found["effective_price"]) == ("EUR", Decimal("0.5"))
    assert (found["unit_of_measure"], found["consumed_service"]) == (
        "100 Hours", "Microsoft.Storage",
    )  # fmt: skip


def test_a_partners_usage_is_its_customers_and_invoiced_to_the_partner(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    basic = {
        header: value
        for header, value in PARTNERS.items()
        if not header.startswith(("Meter", "ConsumedService"))
    }
    bills = [write_csv(f"{n}.csv", *lines(row)) for n, row in enumerate((PARTNERS, basic))]
    assert recognise(bills[1]) == "azure_actual"
    land(bills, "azure_actual", "default", lake)
    for found in landed("azure_actual"):
        assert (found["billing_account_id"], found["billing_account_name"]) == (
            "partner-1", "Fabrikam",
        )  # fmt: skip
        assert (found["partner_name"], found["customer_name"]) == (None, "Contoso")
        assert (found["subscription_id"], found["subscription_name"]) == ("sub-1", "Shop")
        assert (found["payg_price"], found["charge_type"]) == (Decimal("0.6"), None)
        assert (found["pricing_currency"], found["cost_in_pricing_currency"]) == (
            "USD", Decimal("1.6"),
        )  # fmt: skip
        assert found["exchange_rate_pricing_to_billing"] == Decimal("0.9375")
        assert '"SubscriptionId":"plan-1"' in found["x_extras"]


def test_late_usage_of_a_partner_lands_in_the_month_that_invoices_it(
    write_csv: WriteCsv, lake: Path
) -> None:
    late = PARTNERS | {"ChargeStartDate": "2023-08-01T00:00:00Z", "UsageDate": "2023-08-31"}
    bill = write_csv("bill.csv", list(late), [list(late.values()), list(PARTNERS.values())])
    (result,) = land(
        [bill], "azure_actual", "default", lake,
        declared={"billing_period_start_date": "2023-09-01"},
    )  # fmt: skip
    assert (result.billing_period, result.rows) == ("2023-09", 2)


@pytest.mark.parametrize("total", ["TaxTotal", "TotalForCustomer", "PostTaxTotal"])
def test_an_invoice_reconciliation_file_is_refused_by_its_name(
    write_csv: WriteCsv, total: str
) -> None:
    header = ["PartnerId", "CustomerId", "OrderId", "ProductId", "Subtotal", total, "Currency"]
    bill = write_csv("recon.csv", header, [["p", "c", "o", "x", "1", "0.2", "EUR"]])
    with pytest.raises(
        IngestError,
        match=r"recon\.csv is an invoice reconciliation file of Partner Center, which is not read"
        r".* daily-rated usage reconciliation file: ingest that one",
    ):
        recognise(bill)


def test_utf_16_lands_like_utf_8(tmp_path: Path, lake: Path, landed: Landed) -> None:
    bill = tmp_path / "bill.csv"
    header, (values,) = lines({**PAY_AS_YOU_GO, "MeterCategory": "Größe"})
    text = f"{','.join(header)}\r\n{','.join(values)}\r\n"
    bill.write_bytes(text.encode("utf-16"))  # with its byte order mark
    land([bill], "azure_actual", "default", lake)
    assert landed("azure_actual", "meter_category, cost") == [
        {"meter_category": "Größe", "cost": Decimal("1.5")}
    ]


def test_semicolons_between_fields_are_refused_by_name(tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_text("Datum;Kosten;Währung\n2023-09-21;1,5;EUR\n", encoding="utf-8")
    with pytest.raises(IngestError, match="semicolons"):
        recognise(bill)


def test_a_comma_in_a_number_is_named_before_the_feed_is_known(
    write_csv: Callable[..., Path],
) -> None:
    header = ["Datum", "ID der Verbrauchseinheit", "Instanz-ID", "Kosten", "Währung"]
    bill = write_csv("ActualCost.csv", header, [["2023-09-21", "m", "r", "1,5", "EUR"]])
    with pytest.raises(IngestError, match=r"row 1, column 'Kosten': '1,5' is not a number"):
        recognise(bill)


def test_big_endian_utf_16_is_refused_by_name(tmp_path: Path, lake: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_bytes(b"\xfe\xff" + "a,b\n1,2\n".encode("utf-16-be"))
    with pytest.raises(IngestError, match=r"UTF-16.*big-endian"):
        land([bill], "azure_actual", "default", lake)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ('"env": "prod","team": "web"', '{"env":"prod","team":"web"}'),
        ('{"env": "prod"}', '{"env":"prod"}'),
        ('"env ": "prod","env": "test"," team": "web"', '{"env":"prod","team":"web"}'),
        ('"env": ""', '{"env":""}'),
        ('[{"Key":"env","Value":"prod"}]', '{"env":"prod"}'),
        ("", None),
        ("{}", None),
    ],
)
def test_rule_25_azure_tags_with_and_without_braces_and_as_a_list(
    tags: str, expected: str | None, write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    bill = write_csv("bill.csv", *lines({**PAY_AS_YOU_GO, "Tags": tags}))
    land([bill], "azure_actual", "default", lake)
    assert landed("azure_actual", "tags") == [{"tags": expected}]


def test_tags_do_not_make_a_small_bill_dear_to_land(write_csv: WriteCsv, lake: Path) -> None:
    def seconds(export: str, row: dict[str, str]) -> float:
        bill = write_csv(f"{export}.csv", *lines(row))
        started = process_time()
        land([bill], "azure_actual", "default", lake / export)
        return process_time() - started

    without = {key: value for key, value in PAY_AS_YOU_GO.items() if key != "Tags"}
    seconds("first", without)
    tagged = seconds("tagged", {**PAY_AS_YOU_GO, "Tags": '"env": "prod"'})
    assert tagged < 4 * seconds("plain", without), "planning the conversion took 14 times as long"


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("09/04/2023", "09/21/2023"), [date(2023, 9, 4), date(2023, 9, 21)]),
        (("04/09/2023", "21/09/2023"), [date(2023, 9, 4), date(2023, 9, 21)]),
        (("04.09.2023", "21.09.2023"), [date(2023, 9, 4), date(2023, 9, 21)]),
        (("20230904", "20230921"), [date(2023, 9, 4), date(2023, 9, 21)]),
        (("2023-09-04T00:00Z", "2023-09-21T00:00:00Z"), [date(2023, 9, 4), date(2023, 9, 21)]),
    ],
)
def test_rule_21_azure_dates_are_read_as_the_file_writes_them(
    dates: Sequence[str], expected: Sequence[date], write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    header, _ = lines(PAY_AS_YOU_GO)
    rows = [list({**PAY_AS_YOU_GO, "UsageDateTime": day}.values()) for day in dates]
    land([write_csv("bill.csv", header, rows)], "azure_actual", "default", lake)
    assert [row["date"] for row in landed("azure_actual")] == list(expected)


def test_rule_21_azure_period_bounds_tell_that_days_come_first(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    row = {**PAY_AS_YOU_GO, "UsageDateTime": "02/09/2023"}
    row |= {"BillingPeriodStartDate": "01/09/2023", "BillingPeriodEndDate": "30/09/2023"}
    land([write_csv("bill.csv", *lines(row))], "azure_actual", "default", lake)
    (found,) = landed("azure_actual")
    assert (found["date"], found["x_billing_period"]) == (date(2023, 9, 2), "2023-09")


def test_rule_21_azure_dates_of_both_kinds_are_refused(write_csv: WriteCsv, lake: Path) -> None:
    header, _ = lines(PAY_AS_YOU_GO)
    rows = [
        list({**PAY_AS_YOU_GO, "UsageDateTime": day}.values())
        for day in ("21/09/2023", "09/21/2023")
    ]
    with pytest.raises(IngestError, match=r"day first .'21/09/2023'.*month first .'09/21/2023'"):
        land([write_csv("bill.csv", header, rows)], "azure_actual", "default", lake)


def test_azures_own_focus_export_of_1_0_lands(
    write_csv: WriteCsv, lake: Path, landed: Landed
) -> None:
    row = {
        "BilledCost": "0", "EffectiveCost": "6.123E-7", "BillingAccountId": "/billing/1",
        "BillingCurrency": "USD", "BillingPeriodStart": "2024-01-01T00:00Z",
        "BillingPeriodEnd": "2024-02-01T00:00Z", "ChargeCategory": "Usage",
        "ChargePeriodStart": "2024-01-05T00:00Z", "ChargePeriodEnd": "2024-01-06T00:00Z",
        "Tags": '{"env":"prod"}', "x_InvoiceId": "E1", "x_PricingCurrency": "USD",
        "x_SkuMeterName": "B1s", "x_PricingBlockSize": "100",
    }  # fmt: skip
    bill = write_csv("focus.csv", *lines(row))
    assert recognise(bill) == "focus"
    land([bill], "focus", "azure", lake)
    (found,) = landed("focus")
    assert found["billing_period_start"].isoformat() == "2024-01-01T00:00:00"
    assert found["effective_cost"] == Decimal("0.000000612300")
    assert (found["invoice_id"], found["pricing_currency"], found["sku_meter"]) == (
        "E1", "USD", "B1s",
    )  # fmt: skip
    assert found["x_extras"] == '{"x_PricingBlockSize":"100"}'
