"""What the generator knows about its own bills: totals, planted anomalies and planted waste.

Totals are summed from the integers that were written, so they are exact; after a restatement
they are those of the delivery that counts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.demo.amounts import text
from orchestration.demo.company import AS_OF
from orchestration.demo.inventory import Resource
from orchestration.demo.meters import Meter
from orchestration.demo.planted import ANOMALIES, BENIGN, Anomaly

Partition = tuple[str, str, str]
"""Feed, export and billing period."""
Key = tuple[str, str, str, str | None, str | None]


class Totals:
    """Sums per feed, export, period, currency and measure, as they are written."""

    def __init__(self) -> None:
        self._amounts: dict[Key, int] = defaultdict(int)
        self._rows: dict[Partition, int] = defaultdict(int)
        self._billed: dict[tuple[str, str, str], int] = defaultdict(int)

    def rows(self, partition: Partition, rows: int) -> None:
        """Count rows of a file."""
        self._rows[partition] += rows

    def amount(self, partition: Partition, measure: str, currency: str | None, amount: int) -> None:
        """Add to a measure, in 1e-10."""
        self._amounts[(*partition, currency, measure)] += amount

    def billed(self, provider: str, period: str, currency: str, amount: int) -> None:
        """Add to what FOCUS should give as billed cost."""
        self._billed[provider, period, currency] += amount

    def row_count(self, feeds: Sequence[str]) -> int:
        """Rows of some feeds."""
        return sum(n for (feed, _, _), n in self._rows.items() if feed in feeds)

    def as_json(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Totals per file and billed cost per provider, sorted."""
        measured = {key[:3] for key in self._amounts}
        entries: list[tuple[Key, str | None]] = [
            (key, text(value)) for key, value in self._amounts.items()
        ]
        entries += [((*key, None, None), None) for key in self._rows if key not in measured]
        entries.sort(key=lambda e: tuple(part or "" for part in e[0]))
        totals = [
            {
                "feed": k[0],
                "export": k[1],
                "billing_period": k[2],
                "currency": k[3],
                "measure": k[4],
                "rows": self._rows[k[:3]],
                "amount": amount,
            }
            for k, amount in entries
        ]
        billed = [
            {"service_provider_name": p, "billing_period": m, "currency": c, "billed_cost": text(v)}
            for (p, m, c), v in sorted(self._billed.items())
        ]
        return totals, billed


def write(
    path: Path,
    *,
    rows: int,
    seed: int,
    totals: Totals,
    catalogues: Mapping[str, Sequence[Meter]],
    resources: Sequence[Resource],
    restated: Sequence[dict[str, str]],
) -> None:
    """Write `truth.json`."""
    files, billed = totals.as_json()
    body = {
        "company": "Acme",
        "as_of": AS_OF.isoformat(),
        "seed": seed,
        "rows_asked": rows,
        "totals": files,
        "billed_cost": billed,
        "restated": list(restated),
        "anomalies": [_anomaly(a, catalogues[a.provider]) for a in ANOMALIES if not a.announced],
        "announced": [_anomaly(a, catalogues[a.provider]) for a in ANOMALIES if a.announced],
        "benign": [
            {
                "id": b.benign_id,
                "service_provider_name": b.provider,
                "sub_account_id": b.sub_account_id,
                "service_name": b.service_name,
                "start": b.start,
                "end": b.end,
                "what": b.what,
            }
            for b in BENIGN
        ],
        "waste": sorted(
            (_waste(r) for r in resources if r.idle or r.volume),
            key=lambda w: str(w["resource_name"]),
        ),
    }
    path.write_text(json.dumps(body, indent=1) + "\n")


def _anomaly(anomaly: Anomaly, meters: Sequence[Meter]) -> dict[str, Any]:
    mine = [m for m in meters if m.anomaly == anomaly.anomaly_id]
    sign = -1 if anomaly.kind == "drop" else 1
    impact = sum(round(m.daily * 10**m.sku.digits) * m.sku.step for m in mine)
    return {
        "id": anomaly.anomaly_id,
        "service_provider_name": anomaly.provider,
        "sub_account_id": anomaly.sub_account_id,
        "service_name": anomaly.service_name,
        "billing_currency": anomaly.currency,
        "kind": anomaly.kind,
        "start": anomaly.start,
        "end": anomaly.end,
        "daily_impact": text(sign * impact),
        "hard": anomaly.hard,
        "cause": anomaly.cause,
        "driver": "gone" if anomaly.kind == "drop" else "new",
        "product": anomaly.product,
        "usage": mine[0].sku.fields.get("usage_type")
        or mine[0].sku.fields.get("description")
        or mine[0].sku.fields.get("meter"),
        "resource_ids": [m.resource for m in mine],
    }


def _waste(r: Resource) -> dict[str, Any]:
    planted = r.idle or r.volume
    if planted is None:
        raise ValueError(f"{r.resource_id} is not planted waste; leave it out of the truth")
    provider_acts = r.provider == "AWS"
    why_not = planted.why_not
    if why_not is None and not provider_acts:
        why_not = f"no action is catalogued for {r.provider}"
    return {
        "resource_id": r.resource_id,
        "resource_name": r.name,
        "service_provider_name": r.provider,
        "account_id": r.account_id,
        "waste_kind": "idle_instance" if r.idle else "unattached_volume",
        "is_waste": planted.is_waste,
        "actionable": why_not is None,
        "why_not": why_not,
    }
