"""Writes Acme's Azure cost exports, actual and amortised, as Enterprise Agreement CSV files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from orchestration.demo.amounts import Ints, plain_texts, units
from orchestration.demo.aws_bills import CSV_OPTIONS, csv_line
from orchestration.demo.azure_catalogue import SKUS
from orchestration.demo.azure_lines import (
    MODELS,
    PLAN_RATE,
    PLANNED,
    RESERVED,
    AzureCharge,
    AzureCommitments,
    AzureLines,
)
from orchestration.demo.company import AZURE_ENROLMENT, AZURE_SUBSCRIPTIONS, DAYS, Month, day_date
from orchestration.demo.meters import Meter

# fmt: off
COLUMNS = (
    "BillingAccountId", "BillingAccountName", "BillingPeriodStartDate", "BillingPeriodEndDate",
    "BillingProfileId", "BillingProfileName", "AccountOwnerId", "AccountName", "SubscriptionId",
    "SubscriptionName", "Date", "Product", "PartNumber", "MeterId", "ServiceFamily",
    "MeterCategory", "MeterSubCategory", "MeterRegion", "MeterName", "Quantity", "EffectivePrice",
    "Cost", "UnitPrice", "BillingCurrency", "ResourceLocation", "AvailabilityZone",
    "ConsumedService", "ResourceId", "ResourceName", "ServiceInfo1", "ServiceInfo2",
    "AdditionalInfo", "Tags", "InvoiceSectionId", "InvoiceSection", "CostCenter", "UnitOfMeasure",
    "ResourceGroup", "ReservationId", "ReservationName", "ProductOrderId", "ProductOrderName",
    "OfferId", "IsAzureCreditEligible", "Term", "PublisherName", "PlanName", "ChargeType",
    "Frequency", "PublisherType", "PayGPrice", "PricingModel", "CostAllocationRuleName",
    "benefitId", "benefitName",
)
# fmt: on
_DATES = pa.array([f"{day_date(d):%m/%d/%Y}" for d in range(DAYS)]).dictionary_encode()
_NAMES = dict(AZURE_SUBSCRIPTIONS.values())
_RESERVATION = "acme-spark-reservation"
_PLAN = "acme-notebook-savings-plan"


class AzureRows:
    """Turns lines and charges into rows of the two exports."""

    def __init__(self, meters: Sequence[Meter], bought: AzureCommitments):
        self._bought = bought
        static = [self._static(m) for m in meters]
        self._static_table = pa.table(
            {
                name: pa.array([row.get(name) for row in static], pa.string()).dictionary_encode()
                for name in COLUMNS
            }
        )
        self._power = np.array([10 ** (10 - m.sku.digits) for m in meters], dtype=np.int64)
        self._rate = np.array([units(m.sku.rate) for m in meters], dtype=np.int64)

    def _static(self, meter: Meter) -> dict[str, str | None]:
        f = meter.sku.fields
        parts = meter.resource.split("/")
        return {
            **_account(meter.account),
            "Product": f"{f['service']} {f['sub']} - {f['meter']} - EU West",
            "PartNumber": f["part"],
            "MeterId": f["meter_id"],
            "ServiceFamily": f["family"],
            "MeterCategory": f["service"],
            "MeterSubCategory": f["sub"],
            "MeterRegion": "EU West",
            "MeterName": f["meter"],
            "ResourceLocation": "westeurope",
            "ConsumedService": f["consumed"],
            "ResourceId": meter.resource,
            "ResourceName": parts[-1],
            "ResourceGroup": parts[4],
            "AdditionalInfo": _additional(meter),
            "Tags": _tags(meter),
            "UnitOfMeasure": meter.sku.unit,
            "OfferId": "MS-AZR-0017P",
            "PublisherName": "Microsoft",
            "PublisherType": "Azure",
            "ChargeType": "Usage",
            "Frequency": "UsageBased",
            "CostCenter": meter.tags.get("cost_center"),
            "IsAzureCreditEligible": "True",
        }

    def lines(self, lines: AzureLines, month: Month, *, amortised: bool) -> pa.Table:
        """Usage rows of one of the exports."""
        taken = self._static_table.take(pa.array(lines.meter))
        columns: dict[str, Any] = {name: taken.column(name) for name in COLUMNS}
        cost = lines.amortised if amortised else lines.actual
        rate = self._rate[lines.meter]
        covered = lines.model >= RESERVED
        hours = self._bought.reserved_machines * month.length * 24
        reserved = self._bought.monthly_fee // hours
        paid = np.where(
            lines.model == RESERVED, reserved, np.where(lines.model == PLANNED, PLAN_RATE, rate)
        )
        price = paid if amortised else np.where(covered, 0, rate)
        quantity: Ints = lines.quantity * self._power[lines.meter]
        columns["Quantity"] = plain_texts(quantity)
        columns["EffectivePrice"] = plain_texts(price)
        columns["Cost"] = plain_texts(cost)
        columns["UnitPrice"] = plain_texts(rate)
        columns["PayGPrice"] = plain_texts(np.where(lines.model == RESERVED, 0, rate))
        columns["Date"] = _DATES.take(pa.array(lines.day))
        for name, values in self._by_model().items():
            choices = pa.array(values, pa.string())
            columns[name] = choices.take(pa.array(lines.model))
        return _with_period(columns, month, len(lines))

    def _by_model(self) -> dict[str, list[str | None]]:
        order, plan = self._bought.reservation_order, self._bought.plan_order
        return {
            "PricingModel": list(MODELS),
            "ReservationId": [None, None, order, None],
            "ReservationName": [None, None, _RESERVATION, None],
            "ProductOrderId": [None, None, order, plan],
            "ProductOrderName": [
                None,
                None,
                "Reserved VM Instance, Standard_D4s_v5, EU West, 1 Year",
                "Compute savings plan, 1 Year",
            ],
            "Term": [None, None, "12", "12"],
            "benefitId": [None, None, _reservation_id(order), _plan_id(plan)],
            "benefitName": [None, None, _RESERVATION, _PLAN],
        }

    def charges(self, charges: Sequence[AzureCharge], month: Month) -> pa.Table:
        """Purchases, unused commitments and roundings."""
        rows = [self._charge(c) for c in charges]
        columns: dict[str, Any] = {
            name: pa.array([row.get(name) for row in rows], pa.string()) for name in COLUMNS
        }
        for name, values in (
            ("Quantity", [c.quantity for c in charges]),
            ("Cost", [c.cost for c in charges]),
            ("EffectivePrice", [_price(c) for c in charges]),
            ("UnitPrice", [_price(c) for c in charges]),
        ):
            columns[name] = plain_texts(np.array(values, dtype=np.int64))
        return _with_period(columns, month, len(rows))

    def _charge(self, c: AzureCharge) -> dict[str, str | None]:
        reservation = c.commitment == "reservation"
        order = {
            "reservation": self._bought.reservation_order,
            "savingsplan": self._bought.plan_order,
        }.get(c.commitment)
        benefit = None
        if order:
            benefit = _reservation_id(order) if reservation else _plan_id(order)
        sku = SKUS["vm_d4s" if reservation else "vm_e4s"].fields
        return {
            **_account(AZURE_SUBSCRIPTIONS["prod"][0]),
            "Date": f"{day_date(c.day):%m/%d/%Y}",
            "Product": c.product,
            "MeterId": sku["meter_id"] if order else None,
            "ServiceFamily": "Compute" if order else "SaaS",
            "MeterCategory": c.category,
            "MeterSubCategory": sku["sub"] if order else None,
            "MeterName": sku["meter"] if order else None,
            "ResourceLocation": "westeurope" if order else None,
            "ConsumedService": "Microsoft.Capacity"
            if reservation
            else "Microsoft.BillingBenefits"
            if order
            else "Microsoft.SaaS",
            "ResourceId": benefit,
            "UnitOfMeasure": c.unit,
            "PayGPrice": "0",
            "ReservationId": order if reservation else None,
            "ReservationName": _RESERVATION if reservation else None,
            "ProductOrderId": order,
            "ProductOrderName": c.product if order else None,
            "Term": "12" if order else None,
            "PublisherName": c.publisher,
            "PublisherType": "Azure" if c.publisher == "Microsoft" else "Marketplace",
            "PlanName": None if order else c.product,
            "ChargeType": c.charge_type,
            "Frequency": c.frequency,
            "PricingModel": c.model,
            "benefitId": benefit,
            "benefitName": None if not order else _RESERVATION if reservation else _PLAN,
            "IsAzureCreditEligible": "False" if c.publisher != "Microsoft" else "True",
        }


def _price(c: AzureCharge) -> int:
    """Price per quantity, cut to ten digits as a price list would."""
    return c.cost * 10**10 // c.quantity if c.quantity else 0


def _account(subscription: str) -> dict[str, str | None]:
    return {
        "BillingAccountId": AZURE_ENROLMENT,
        "BillingAccountName": "Acme Europe B.V.",
        "BillingProfileId": AZURE_ENROLMENT,
        "BillingProfileName": "Acme Europe B.V.",
        "AccountOwnerId": "cloud@acme.example",
        "AccountName": "Acme Cloud",
        "SubscriptionId": subscription,
        "SubscriptionName": _NAMES[subscription],
        "BillingCurrency": "EUR",
        "InvoiceSection": "Acme",
    }


def _tags(meter: Meter) -> str | None:
    """Azure writes the members of the object without its braces."""
    if not meter.tags:
        return None
    return json.dumps(dict(meter.tags), separators=(",", ": "))[1:-1]


def _additional(meter: Meter) -> str | None:
    if not meter.sku.key.startswith("vm_"):
        return None
    return json.dumps(
        {"UsageType": "ComputeHR", "ServiceType": meter.sku.fields["meter"]}, separators=(",", ":")
    )


def _reservation_id(order: str) -> str:
    return f"/providers/Microsoft.Capacity/reservationOrders/{order}/reservations/{order}"


def _plan_id(order: str) -> str:
    return f"/providers/Microsoft.BillingBenefits/savingsPlanOrders/{order}/savingsPlans/{order}"


def _with_period(columns: dict[str, Any], month: Month, rows: int) -> pa.Table:
    last = month.end - timedelta(days=1)
    columns["BillingPeriodStartDate"] = pa.repeat(f"{month.start:%m/%d/%Y}", rows)
    columns["BillingPeriodEndDate"] = pa.repeat(f"{last:%m/%d/%Y}", rows)
    return pa.table({name: columns[name] for name in COLUMNS})


class AzureFile:
    """One export file that grows batch by batch; begins with a byte order mark, as Azure's do."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._sink = path.open("wb")
        self._sink.write(b"\xef\xbb\xbf" + csv_line(COLUMNS))

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        pcsv.write_csv(table, self._sink, CSV_OPTIONS)

    def close(self) -> None:
        """Finish the file."""
        self._sink.close()
