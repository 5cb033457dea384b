"""Writes Acme's Google Cloud detailed billing export, as BigQuery exports it: JSON lines, gzip.

A month's file holds the charges of one invoice month. Usage of a month's last day may arrive
after the invoice is cut and then belongs to the next invoice: `late` decides which does.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.demo.amounts import ONE, Ints, Mask, mix, plain_texts, text, units
from orchestration.demo.company import GCP_BILLING_ACCOUNT, GCP_PROJECTS, MONTHS, Month, day_date
from orchestration.demo.gcp_catalogue import committed_cores
from orchestration.demo.meters import Book, Meter

_NUMBERS = dict(GCP_PROJECTS.values())
_FREE_SECONDS = 2_000_00
"""Cloud Run seconds a day free of charge, in hundredths."""

_CREDITS = {
    "cud": ("Committed Usage Discount: CPU", "COMMITTED_USAGE_DISCOUNT"),
    "sud": ("Sustained Usage Discount", "SUSTAINED_USAGE_DISCOUNT"),
    "promo": ("Startup programme", "PROMOTION"),
    "deal": ("Negotiated discount for Cloud Storage", "DISCOUNT"),
    "free": ("Free tier", "FREE_TIER"),
}


@dataclass(frozen=True)
class GcpTotals:
    """What a batch holds, in 1e-10 dollars."""

    rows: int
    cost: int
    credits: int


class GcpMonth:
    """One invoice month."""

    def __init__(self, book: Book, month: Month, seed: int, *, batch_rows: int = 20_000):
        self._book = book
        self._month = month
        self._seed = seed
        self._batch_rows = batch_rows
        meters = book.meters
        self._prefix = pa.array([_prefix(m) for m in meters])
        self._power = np.array([10 ** (10 - m.sku.digits) for m in meters], dtype=np.int64)
        self._unit = pa.array([_usage_units(m) for m in meters])
        self._kind = _credit_kinds(meters)
        self._committed = committed_cores(meters)
        self._ram = np.array([m.sku.key == "n2_ram" for m in meters])
        self._late_able = np.array(
            [m.sku.fields["service"] in ("BigQuery", "Cloud Storage") for m in meters]
        )

    def batches(self) -> Iterator[tuple[pa.Array, GcpTotals]]:
        """JSON lines in bounded pieces, each with what it adds up to."""
        parts: list[tuple[pa.Array, GcpTotals]] = []
        rows = net = 0
        for day in range(max(0, self._month.first - 1), self._month.last):
            part = self._day(day)
            if part is None:
                continue
            parts.append(part)
            rows += part[1].rows
            net += part[1].cost + part[1].credits
            if rows >= self._batch_rows:
                yield _joined(parts)
                parts, rows = [], 0
        parts.append(self._monthly(net))
        yield _joined(parts)

    def _day(self, day: int) -> tuple[pa.Array, GcpTotals] | None:
        use = self._book.use(day)
        late = self._late(use.meter, day)
        keep = late if day < self._month.first else ~late
        meter, quantity, cost = use.meter[keep], use.quantity[keep], use.cost[keep]
        if len(meter) == 0:
            return None
        credit, kind = self._credits(meter, quantity, cost, day)
        credits = _credit_json(kind, credit)
        amount = plain_texts(quantity * self._power[meter])
        start, end = day_date(day), day_date(day + 1)
        text_cost = plain_texts(cost)
        invoice = self._month.name.replace("-", "")
        head = (
            f'"usage_start_time":"{start} 00:00:00 UTC","usage_end_time":"{end} 00:00:00 UTC",'
            f'"export_time":"{end} 05:31:07.412 UTC",'
        )
        lines = pc.binary_join_element_wise(
            self._prefix.take(pa.array(meter)),
            head,
            '"cost":',
            text_cost,
            ',"cost_at_list":',
            text_cost,
            ',"usage":{"amount":',
            amount,
            ",",
            self._unit.take(pa.array(meter)),
            '"amount_in_pricing_units":',
            amount,
            '},"credits":',
            credits,
            f',"invoice":{{"month":"{invoice}","publisher_type":"GOOGLE"}},'
            '"cost_type":"regular"}\n',
            "",
        )
        return lines, GcpTotals(len(meter), int(cost.sum()), int(credit.sum()))

    def _late(self, meter: Ints, day: int) -> Mask:
        """Charges of a month's last day that miss its invoice; the open month has none."""
        last = any(day == m.last - 1 and m.last - m.first == m.length for m in MONTHS)
        if not last:
            return np.zeros(len(meter), dtype=bool)
        draw = mix(self._seed, meter, day) % np.uint64(3) == 0
        late: Mask = self._late_able[meter] & draw
        return late

    def _credits(self, meter: Ints, quantity: Ints, cost: Ints, day: int) -> tuple[Ints, Ints]:
        """The credit of each row and which kind it is (a position in `_CREDITS`, -1 for none)."""
        kind = self._kind[meter].copy()
        if self._month.name > "2025-12":
            kind[kind == _position("promo")] = -1
        credit = np.zeros(len(meter), dtype=np.int64)
        cud = np.flatnonzero(kind == _position("cud"))
        for ram in (False, True):
            mine = cud[self._ram[meter[cud]] == ram]
            limit = self._committed * (4 if ram else 1) * self._book.hours(day) // 24 * 10**4
            before = np.cumsum(quantity[mine]) - quantity[mine]
            covered = np.clip(limit - before, 0, quantity[mine])
            credit[mine] = -covered * self._book.step[meter[mine]]
        for name, share in (("sud", 20), ("promo", 100), ("deal", 8)):
            mine = kind == _position(name)
            credit[mine] = -(cost[mine] * share // 100)
        free = np.flatnonzero(kind == _position("free"))
        if len(free):
            given = np.minimum(quantity[free], _FREE_SECONDS // len(free))
            credit[free] = -given * self._book.step[meter[free]]
        kind[credit == 0] = -1
        return credit, kind

    def _monthly(self, net: int) -> tuple[pa.Array, GcpTotals]:
        """Tax, adjustment and rounding, which belong to no project."""
        month = self._month
        cents = ONE // 100
        rows: list[tuple[str, str, int, dict[str, str] | None]] = []
        if month.last - month.first == month.length:
            rows.append(("tax", "Tax", max(0, net) * 19 // 100 // cents * cents, None))
            rows.append(("rounding_error", "Rounding error", -units("0.0037"), None))
        if month.name == "2026-04":
            info = {
                "id": "adj-20260417",
                "description": "Goodwill for the April outage",
                "mode": "COMPLETE_NEGATION",
                "type": "GOODWILL",
            }
            rows.append(("adjustment", "Adjustment for Cloud Run", -units("57.25"), info))
        lines = [_monthly_line(month, *row) for row in rows]
        return pa.array(lines, pa.string()), GcpTotals(len(rows), sum(r[2] for r in rows), 0)


def _position(name: str) -> int:
    return list(_CREDITS).index(name)


def _credit_kinds(meters: Sequence[Meter]) -> Ints:
    by_sku = {"gcs_storage": "deal", "run_cpu": "free", "bq_storage": "promo"}
    names = [m.coverage if m.coverage in _CREDITS else by_sku.get(m.sku.key) for m in meters]
    return np.array([_position(n) if n else -1 for n in names], dtype=np.int64)


def _prefix(meter: Meter) -> str:
    f = meter.sku.fields
    record = {
        "billing_account_id": GCP_BILLING_ACCOUNT,
        "service": {"id": f["service_id"], "description": f["service"]},
        "sku": {"id": f["sku_id"], "description": f["description"]},
        "project": {
            "id": meter.account,
            "number": _NUMBERS[meter.account],
            "name": meter.account,
            "labels": [{"key": "env", "value": meter.account.rsplit("-", 1)[-1]}],
            "ancestry_numbers": "/551029384/9311/",
        },
        "labels": [{"key": k.lower().replace(":", "_"), "value": v} for k, v in meter.tags.items()],
        "system_labels": [],
        "location": {
            "location": "europe-west4",
            "country": "NL",
            "region": "europe-west4",
            "zone": "europe-west4-a" if meter.fields else None,
        },
        "resource": {"name": meter.resource, "global_name": _global_name(meter)}
        if meter.resource
        else None,
        "tags": [],
        "price": {
            "effective_price": "@",
            "tier_start_amount": 0,
            "unit": f["pricing_unit"],
            "pricing_unit_quantity": 1,
            "list_price": "@",
        },
        "currency": "USD",
        "currency_conversion_rate": 1,
        "transaction_type": "GOOGLE",
    }
    # Prices are JSON numbers, written from the decimal text and never through a float.
    body = json.dumps(record, separators=(",", ":")).replace('"@"', meter.sku.rate)
    return body[:-1] + ","


def _global_name(meter: Meter) -> str:
    path = f"projects/{meter.account}/zones/europe-west4-a/instances/{meter.resource}"
    return f"//compute.googleapis.com/{path}"


def _usage_units(meter: Meter) -> str:
    unit = json.dumps(meter.sku.fields["pricing_unit"])
    return f'"unit":{unit},"pricing_unit":{unit},'


def _credit_json(kind: Ints, credit: Ints) -> pa.Array:
    """Credits arrays; rows without a credit have an empty one."""
    templates = [
        f'[{{"name":{json.dumps(name)},"full_name":{json.dumps(name)},"id":"CR-{i + 1:04d}",'
        f'"type":"{code}","amount":'
        for i, (name, code) in enumerate(_CREDITS.values())
    ]
    head = pa.array([*templates, "[]"]).take(pa.array(np.where(kind < 0, len(templates), kind)))
    none = pa.array(kind < 0)
    amount = pc.if_else(none, "", plain_texts(credit))
    return pc.binary_join_element_wise(head, amount, pc.if_else(none, "", "}]"), "")


def _monthly_line(
    month: Month, cost_type: str, what: str, cost: int, info: dict[str, str] | None
) -> str:
    day = month.first + month.length - 1
    start, end = day_date(day), day_date(day + 1)
    record: dict[str, Any] = {
        "billing_account_id": GCP_BILLING_ACCOUNT,
        "service": {"id": "0000-0000-0001", "description": "Invoice"},
        "sku": {"id": "0000-0000-0002", "description": what},
        "usage_start_time": f"{start} 00:00:00 UTC",
        "usage_end_time": f"{end} 00:00:00 UTC",
        "project": None,
        "labels": [],
        "system_labels": [],
        "location": None,
        "export_time": f"{end} 09:02:00 UTC",
        "cost": "@",
        "currency": "USD",
        "currency_conversion_rate": 1,
        "credits": [],
        "invoice": {"month": month.name.replace("-", ""), "publisher_type": "GOOGLE"},
        "cost_type": cost_type,
        **({"adjustment_info": info} if info else {}),
    }
    return json.dumps(record, separators=(",", ":")).replace('"@"', text(cost)) + "\n"


def _joined(parts: list[tuple[pa.Array, GcpTotals]]) -> tuple[pa.Array, GcpTotals]:
    lines = pa.concat_arrays([p[0] for p in parts])
    sums: dict[str, int] = defaultdict(int)
    for _, totals in parts:
        for name in ("rows", "cost", "credits"):
            sums[name] += getattr(totals, name)
    return lines, GcpTotals(sums["rows"], sums["cost"], sums["credits"])


def json_bytes(lines: pa.Array) -> memoryview:
    """The joined text of an array of lines, without a copy per line."""
    whole = lines if lines.offset == 0 else pa.concat_arrays([lines])
    offsets = np.frombuffer(whole.buffers()[1], dtype=np.int32, count=len(whole) + 1)
    return memoryview(whole.buffers()[2])[offsets[0] : offsets[-1]]
