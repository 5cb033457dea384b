"""Writes Acme's business drivers: requests, orders and active tenants per day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from orchestration.demo.aws_bills import CSV_OPTIONS, csv_line
from orchestration.demo.company import CUSTOMER_PRODUCTS, TENANTS, Month, day_date
from orchestration.demo.seasonality import PROFILES, profile_matrix

COLUMNS = ("metric_date", "metric", "product", "tenant_id", "quantity", "unit")

_REQUESTS = {
    "storefront": 41_000_000,
    "checkout": 9_000_000,
    "search": 23_000_000,
    "analytics": 1_400_000,
}
_ORDERS = {"checkout": 118_000}
_DELIVERED_UNTIL_HOUR = {422: 6}
"""The drivers come from Acme's own systems: only the last day is incomplete."""


def write_month(path: Path, month: Month, seed: int) -> tuple[int, int]:
    """Write one month; returns its rows and the sum of all quantities."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, str, str, str | None, int, str]] = []
    for day in range(month.first, month.last):
        rows += _day(day, seed)
    columns = list(zip(*rows, strict=True))
    table = pa.table({name: pa.array(list(columns[i])) for i, name in enumerate(COLUMNS)})
    with path.open("wb") as sink:
        sink.write(csv_line(COLUMNS))
        pcsv.write_csv(table, sink, CSV_OPTIONS)
    return len(rows), sum(row[4] for row in rows)


def _day(day: int, seed: int) -> list[tuple[str, str, str, str | None, int, str]]:
    load = profile_matrix()[PROFILES.index("web"), day] * _DELIVERED_UNTIL_HOUR.get(day, 24) / 24
    rng = np.random.default_rng([seed, 51, day])
    signed = [t for t in TENANTS if t.since <= day]
    weight = sum(t.weight for t in TENANTS)
    date = day_date(day).isoformat()
    rows: list[tuple[str, str, str, str | None, int, str]] = []
    for metric, volumes in (("requests", _REQUESTS), ("orders", _ORDERS)):
        for product, volume in volumes.items():
            noise = np.exp(0.05 * rng.standard_normal(len(signed)))
            for tenant, factor in zip(signed, noise, strict=True):
                quantity = int(volume * load * tenant.weight / weight * factor)
                rows.append((date, metric, product, tenant.tenant_id, quantity, metric))
    for product in CUSTOMER_PRODUCTS:
        rows.append((date, "active_tenants", product, None, len(signed), "tenants"))
    return rows
