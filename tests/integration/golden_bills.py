"""Small bills of Azure and Google Cloud whose FOCUS rows are known by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Bill:
    """One file to land: its feed and the name of its export."""

    feed: str
    export: str
    path: Path


def golden_bills(folder: Path) -> Iterator[Bill]:
    """Write every golden bill into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for export, rows in {
        "golden-credits": _google_credits(),
        "golden-models": [
            row | {"billing_account_id": "02BCDE-345678-90FA12"} for row in _google_models()
        ],
    }.items():
        path = folder / f"{export}.json"
        path.write_text("\n".join(json.dumps(row) for row in rows))
        yield Bill("gcp_detailed", export, path)
    for feed, rows in {"azure_actual": _azure_actual(), "azure_amortized": _azure_spread()}.items():
        path = folder / f"{feed}.csv"
        with path.open("w", newline="", encoding="utf-8-sig") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), restval="")
            writer.writeheader()
            writer.writerows(rows)
        yield Bill(feed, "golden-customer-agreement", path)


def _google(description: str, cost: str, **fields: Any) -> dict[str, Any]:
    """A line as BigQuery gives it: nested, hourly, numbers as text."""
    sku = fields.pop("sku", description)
    instance = fields.pop("instance", None)
    origin = fields.pop("origin", None)
    return {
        "billing_account_id": "01ABCD-234567-89EF01",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": sku, "description": description},
        "usage_start_time": "2026-03-05 10:00:00 UTC",
        "usage_end_time": "2026-03-05 11:00:00 UTC",
        "project": {"id": "shop", "name": "Shop", "labels": []},
        "labels": [{"key": "goog-originating-sku-id", "value": origin}] if origin else [],
        "location": {"location": "us-central1", "region": "us-central1"},
        "resource": {"name": None, "global_name": None},
        "cost": cost,
        "currency": "USD",
        "currency_conversion_rate": "1",
        "usage": {
            "amount": "8", "unit": "byte-seconds",
            "amount_in_pricing_units": "8", "pricing_unit": "gibibyte hour",
        },
        "credits": [],
        "invoice": {"month": "202603"},
        "cost_type": "regular",
        "subscription": {"instance_id": instance},
        **fields,
    }  # fmt: skip


def _google_credits() -> list[dict[str, Any]]:
    """The older shape: fees beside usage that credits cover; one fee was not used at all."""

    def covered(amount: str, kind: str, name: str) -> dict[str, Any]:
        return {"credits": [{"amount": amount, "type": kind, "full_name": name, "name": name}]}

    spend = ("COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "Committed use discount - dollar based: GCE")
    cpu = ("COMMITTED_USAGE_DISCOUNT", "Committed Usage Discount: CPU")
    spend_fee = {"sku": "FEE", "instance": "subscriptions/spend"}
    cpu_fee = "Commitment v1: Cpu in Americas for 1 Year"
    return [
        _google("Commitment - dollar based v1: GCE", "0.12", origin="RAM", **spend_fee),
        _google("Commitment - dollar based v1: GCE", "0.06", origin="CORE", **spend_fee),
        _google("Commitment - dollar based v1: GCE", "0.02", **spend_fee),
        _google("N2 Instance Ram", "0.2", sku="RAM", **covered("-0.16", *spend)),
        _google("N2 Instance Core", "0.1", sku="CORE", **covered("-0.08", *spend)),
        _google(cpu_fee, "3", sku="CPU1", instance="subscriptions/cpu-a"),
        _google(cpu_fee, "1", sku="CPU1", instance="subscriptions/cpu-b"),
        _google("N1 Core", "5", sku="N1CORE", **covered("-5", *cpu)),
        _google("N1 Core", "5", sku="N1CORE", **covered("-3", *cpu)),
        _google("Commitment v1: Ram in Americas for 1 Year", "2", instance="subscriptions/ram"),
        _google("Support", "4", cost_type="adjustment", sku="S"),
        _google("Tax", "0.7", cost_type="tax", project=None, sku="T"),
    ]


def _google_models() -> list[dict[str, Any]]:
    """The shape since 2025: covered usage has a lower price, and gives it back to the fee."""
    mine = {"instance": "subscriptions/flexible"}
    # Who buys a commitment is seldom who uses it.
    fee = {**mine, "project": {"id": "finance", "name": "Finance", "labels": []}}
    flexible = {"id": "C1", "description": "Compute Flexible CUDs 1 Year"}
    default = {"id": "C0", "description": "Default"}

    def offset(amount: str) -> list[dict[str, str]]:
        return [{"amount": amount, "type": "FEE_UTILIZATION_OFFSET"}]

    return [
        _google("Flexible fee", "0.0230", sku="FEE2", consumption_model=default, **fee),
        _google(
            "Flexible fee", "0.1256", sku="FEE2", origin="RAM", consumption_model=default,
            credits=offset("-0.1255"), **fee,
        ),
        _google(
            "Flexible fee", "0.0674", sku="FEE2", origin="CORE", consumption_model=default,
            credits=offset("-0.0674"), **fee,
        ),
        _google(
            "N2 Instance Ram", "0.1256", sku="RAM", consumption_model=flexible,
            cost_at_effective_price_default="0.1745", cost_at_list="0.1745", **mine,
        ),
        _google(
            "N2 Instance Core", "0.0674", sku="CORE", consumption_model=flexible,
            cost_at_effective_price_default="0.0936", cost_at_list="0.0936", **mine,
        ),
        _google("N2 Instance Core", "0.0587", sku="CORE", consumption_model=default),
    ]  # fmt: skip


_AZURE: Mapping[str, str] = {
    "invoiceId": "G100", "previousInvoiceId": "", "billingAccountId": "a:b_2019-05-31",
    "billingProfileId": "ABCD-EFGH-BG7-PGB", "billingProfileName": "Shop GmbH",
    "billingPeriodStartDate": "03/01/2026", "billingPeriodEndDate": "03/31/2026",
    "date": "03/05/2026", "meterCategory": "Virtual Machines", "meterId": "m", "ProductId": "DZH3",
    "ProductName": "D4s v5", "SubscriptionId": "s1", "publisherType": "Microsoft",
    "consumedService": "Microsoft.Compute", "resourceLocation": "westeurope",
    "ResourceId": "/subscriptions/s1/providers/Microsoft.Compute/virtualMachines/vm1",
    "unitOfMeasure": "1 Hour", "chargeType": "Usage", "pricingModel": "OnDemand",
    "quantity": "10", "effectivePrice": "0.2", "unitPrice": "0.2", "PayGPrice": "0.25",
    "billingCurrency": "EUR", "pricingCurrency": "USD", "exchangeRatePricingToBilling": "0.9",
    "costInBillingCurrency": "1.8", "costInPricingCurrency": "2", "frequency": "UsageBased",
    "benefitId": "", "benefitName": "", "tags": '"env": "prod"',
}  # fmt: skip
_ORDER = "/providers/Microsoft.Capacity/reservationOrders/R1"


def _azure(**fields: str) -> dict[str, str]:
    return {**_AZURE, **fields}


def _azure_both() -> list[dict[str, str]]:
    """What stands in both exports alike."""
    return [
        _azure(),
        _azure(
            chargeType="Refund", previousInvoiceId="G099", costInBillingCurrency="-0.9",
            costInPricingCurrency="-1", quantity="-5",
        ),
        _azure(
            chargeType="Purchase", publisherType="Marketplace", publisherName="Seller AG",
            costInBillingCurrency="45", costInPricingCurrency="50", frequency="Recurring",
            meterCategory="Unassigned", ProductName="Scanner", quantity="1", unitPrice="50",
        ),
    ]  # fmt: skip


def _with(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Every row with all headers that any of them has."""
    headers = {header: "" for row in rows for header in row}
    return [{**headers, **row} for row in rows]


def _azure_actual() -> list[dict[str, str]]:
    return _with([
        *_azure_both(),
        _azure(
            chargeType="Purchase", pricingModel="Reservation", benefitId=f"{_ORDER}/reservations/",
            costInBillingCurrency="9", costInPricingCurrency="10", frequency="Recurring",
            quantity="1",
        ),
        _azure(
            pricingModel="Reservation", benefitId=f"{_ORDER}/reservations/r1",
            costInBillingCurrency="0", costInPricingCurrency="0", effectivePrice="0", quantity="8",
        ),
    ])  # fmt: skip


def _azure_spread() -> list[dict[str, str]]:
    return _with([
        *_azure_both(),
        _azure(
            pricingModel="Reservation", benefitId=f"{_ORDER}/reservations/r1",
            costInBillingCurrency="7.2", costInPricingCurrency="8", effectivePrice="1",
            quantity="8",
        ),
        _azure(
            chargeType="UnusedReservation", pricingModel="Reservation",
            benefitId=f"{_ORDER}/reservations/r1", costInBillingCurrency="1.8",
            costInPricingCurrency="2", effectivePrice="1", quantity="2", ResourceId="",
        ),
    ])  # fmt: skip
