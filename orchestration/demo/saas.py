"""Writes the bill of a software vendor that delivers FOCUS 1.2: Beacon Observability."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from orchestration.demo.amounts import hex_id, plain_texts, text, units
from orchestration.demo.aws_bills import CSV_OPTIONS, csv_line
from orchestration.demo.aws_catalogue import planted_tags
from orchestration.demo.company import DAYS, SAAS_ACCOUNT, SAAS_PROVIDER, Month, day_date, day_index
from orchestration.demo.meters import Book, Meter, Sku
from orchestration.demo.planted import ANOMALIES
from orchestration.demo.tails import Place, Tagger, Tail, spread

# fmt: off
COLUMNS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName",
    "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId",
    "SkuMeter", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
)
# fmt: on
_SUB_ACCOUNT = "acme-production"
_SUBSCRIPTION = units("1200")


def _sku(key: str, service: str, description: str, rate: str, unit: str) -> Sku:
    return Sku(key, rate, unit, 4, {"service": service, "description": description})


# fmt: off
_TABLE = (
    _sku("hosts", "Beacon Infrastructure", "Monitored host", "0.0208", "Host-Hours"),
    _sku("custom_metrics", "Beacon Metrics", "Custom metric", "0.05", "Metrics"),
    _sku("log_events", "Beacon Logs", "Million log events ingested", "0.1", "Million Events"),
)
# fmt: on
SKUS = {sku.key: sku for sku in _TABLE}

_PLACES = tuple(
    Place(_SUB_ACCOUNT, product, "prod", weight)
    for product, weight in (
        ("storefront", 4.0),
        ("checkout", 3.0),
        ("search", 2.0),
        ("platform", 1.0),
    )
)
# fmt: off
TAILS = (
    Tail("hosts", 1400.0, 4, _PLACES, "host-{product}-{n}", "flat", 0.01, 0),
    Tail("custom_metrics", 420.0, 2, _PLACES, "metrics-{product}-{n}", "flat", 0.04),
    Tail("log_events", 190.0, 2, _PLACES, "logs-{product}-{n}", "web", 0.06, 0),
)
# fmt: on


def meters(seed: int, lines: int) -> list[Meter]:
    """All meters of the vendor's bill."""
    found = spread(TAILS, lines, SKUS, seed, Tagger(seed))
    for anomaly in ANOMALIES:
        if anomaly.provider == SAAS_PROVIDER:
            found.append(
                Meter(
                    SKUS[anomaly.sku],
                    anomaly.resource,
                    anomaly.sub_account_id,
                    anomaly.daily,
                    start=day_index(anomaly.start),
                    tags=planted_tags(anomaly.product, "prod", {}),
                    end=day_index(anomaly.end) if anomaly.end else DAYS,
                    anomaly=anomaly.anomaly_id,
                )
            )
    return found


def write_month(path: Path, month: Month, book: Book) -> tuple[int, int]:
    """Write one month; returns its rows and its billed cost in 1e-10 dollars."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = total = 0
    static = _static(book)
    with path.open("wb") as sink:
        sink.write(csv_line(COLUMNS))
        for table, cost in _tables(month, book, static):
            pcsv.write_csv(table, sink, CSV_OPTIONS)
            rows += table.num_rows
            total += cost
    return rows, total


def _tables(month: Month, book: Book, static: pa.Table) -> Iterator[tuple[pa.Table, int]]:
    yield _table(_subscription(), month, month.first, month.first + month.length, 1), _SUBSCRIPTION
    power = np.array([10 ** (10 - m.sku.digits) for m in book.meters], dtype=np.int64)
    for day in range(month.first, month.last):
        use = book.use(day)
        if len(use.meter) == 0:
            continue
        taken = static.take(pa.array(use.meter))
        columns = {name: taken.column(name) for name in taken.column_names}
        cost = plain_texts(use.cost)
        amount = plain_texts(use.quantity * power[use.meter])
        for name in ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"):
            columns[name] = cost
        for name in ("ConsumedQuantity", "PricingQuantity"):
            columns[name] = amount
        yield _table(columns, month, day, day + 1, len(use.meter)), int(use.cost.sum())


def _static(book: Book) -> pa.Table:
    rows = []
    for meter in book.meters:
        service = meter.sku.fields["service"]
        rows.append(
            {
                **_common(service),
                "ChargeCategory": "Usage",
                "ChargeDescription": meter.sku.fields["description"],
                "ChargeFrequency": "Usage-Based",
                "ConsumedUnit": meter.sku.unit,
                "ContractedUnitPrice": meter.sku.rate,
                "ListUnitPrice": meter.sku.rate,
                "PricingCategory": "Standard",
                "PricingUnit": meter.sku.unit,
                "ResourceId": meter.resource,
                "ResourceName": meter.resource,
                "ResourceType": "Monitor",
                "SkuId": f"SKU-{hex_id('beacon', meter.sku.key, length=6)}",
                "SkuMeter": meter.sku.fields["description"],
                "SkuPriceId": f"PRICE-{hex_id('beacon', meter.sku.key, length=6)}",
                "Tags": json.dumps(dict(meter.tags), separators=(",", ":")) if meter.tags else None,
            }
        )
    names = sorted({name for row in rows for name in row})
    return pa.table({n: pa.array([r.get(n) for r in rows], pa.string()) for n in names})


def _common(service: str) -> dict[str, str]:
    return {
        "BillingAccountId": SAAS_ACCOUNT,
        "BillingAccountName": "Acme",
        "BillingAccountType": "Account",
        "BillingCurrency": "USD",
        "InvoiceIssuerName": SAAS_PROVIDER,
        "PricingCurrency": "USD",
        "ProviderName": SAAS_PROVIDER,
        "PublisherName": SAAS_PROVIDER,
        "ServiceCategory": "Management and Governance",
        "ServiceName": service,
        "ServiceSubcategory": "Observability",
        "SubAccountId": _SUB_ACCOUNT,
        "SubAccountName": "Acme Production",
        "SubAccountType": "Workspace",
    }


def _subscription() -> dict[str, pa.Array]:
    fee = text(_SUBSCRIPTION)
    row = {
        **_common("Beacon Platform"),
        "ChargeCategory": "Purchase",
        "ChargeDescription": "Platform subscription, monthly",
        "ChargeFrequency": "Recurring",
        "BilledCost": fee,
        "ContractedCost": fee,
        "EffectiveCost": fee,
        "ListCost": fee,
        "ContractedUnitPrice": fee,
        "ListUnitPrice": fee,
        "PricingCategory": "Standard",
        "PricingQuantity": "1",
        "PricingUnit": "Month",
        "SkuId": "SKU-platform",
        "SkuMeter": "Platform subscription",
        "SkuPriceId": "PRICE-platform",
    }
    return {name: pa.array([value]) for name, value in row.items()}


def _table(columns: dict[str, pa.Array], month: Month, start: int, end: int, rows: int) -> pa.Table:
    made = {
        "BillingPeriodStart": f"{month.start}T00:00:00Z",
        "BillingPeriodEnd": f"{month.end}T00:00:00Z",
        "ChargePeriodStart": f"{day_date(start)}T00:00:00Z",
        "ChargePeriodEnd": f"{day_date(end)}T00:00:00Z",
    }
    closed = month.last - month.first == month.length
    if closed:
        made["InvoiceId"] = f"BEA-{month.name}"
    full = {**columns, **{name: pa.repeat(value, rows) for name, value in made.items()}}
    return pa.table({n: full.get(n, pa.nulls(rows, pa.string())) for n in COLUMNS})
