"""A small rate card: one rate, one history, no budgets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policies.deployment.pricing import ON_DEMAND
from policies.deployment.ratecard import write_card

VOLUME = {
    "provider": "aws", "service": "AmazonEC2", "meter": "EBS:VolumeUsage.gp3", "variant": "",
    "region": "us-east-1", "purchase": ON_DEMAND, "unit": "gb_month", "currency": "USD",
    "price": "0.07", "low": "0.06", "high": "0.08", "line_items": 40, "first_day": "2026-08-01",
    "last_day": "2026-09-30", "committed": "0.05", "coverage_pct": 40,
}  # fmt: skip
CONTENT: dict[str, Any] = {
    "issued_at": "2026-10-01T00:00:00Z", "data_as_of": "2026-10-01T00:00:00Z",
    "window": {"first": "2026-08-01", "end": "2026-10-01"}, "min_line_items": 10,
    "rates": [VOLUME],
    "usage": [{"resource_id": "arn:aws:ec2:us-east-1:1:natgateway/nat-0123456",
               "service": "AmazonEC2", "meter": "NatGateway-Bytes",
               "low": "10", "likely": "20", "high": "40"}],
    "facts": {"budgets": [], "commitments": [],
              "freshness": {"data_as_of": "2026-10-01T00:00:00Z", "reconciled": True,
                            "providers": {"AWS": "2026-09-30"}}},
}  # fmt: skip


def card_file(folder: Path, content: Mapping[str, Any] = CONTENT) -> Path:
    """The card, unsigned, in a file."""
    write_card(folder / "rates.json", content, {})
    return folder / "rates.json"
