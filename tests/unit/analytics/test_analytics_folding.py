"""Promises of folding: one thing is told once, by its largest finding; two things stay two."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.analytics.folding import fold

TAGS = '{"product":"search"}'
TALE: dict[str, Any] = {
    "service_provider_name": "AWS", "billing_currency": "USD", "first_seen": date(2026, 9, 8),
    "impact_cost": Decimal(10), "resource_id": "i-1", "tags": TAGS,
}  # fmt: skip


def parents(*changes: dict[str, Any]) -> list[str | None]:
    rows = [TALE | change | {"finding_id": f"f{n}"} for n, change in enumerate(changes)]
    frame = pd.DataFrame(rows)
    drivers = frame[["finding_id", "resource_id", "tags"]].assign(driver_rank=1)
    found = fold(frame.drop(columns=["resource_id", "tags"]), drivers)["parent_finding_id"]
    return [None if pd.isna(name) else name for name in found]


def test_series_moved_by_the_same_resource_are_told_by_the_largest() -> None:
    disk = {"first_seen": date(2026, 9, 9), "tags": None}
    assert parents({"impact_cost": Decimal(90)}, disk, {}) == [None, "f0", "f0"]


def test_equally_tagged_resources_that_move_together_are_one_thing() -> None:
    assert parents({}, {"resource_id": "vol-1"}) == [None, "f0"]


def test_other_resources_days_directions_providers_and_currencies_stay_apart() -> None:
    for change in (
        {"resource_id": "i-2", "tags": '{"product":"checkout"}'},
        {"first_seen": date(2026, 9, 10)},
        {"impact_cost": Decimal(-5)},
        {"service_provider_name": "Microsoft"},
        {"billing_currency": "EUR"},
    ):
        assert parents({}, change) == [None, None], change


def test_what_has_no_resource_and_no_tags_is_not_taken_for_the_same() -> None:
    for nothing in (None, "{}"):
        unnamed = {"resource_id": "(none)", "tags": nothing}
        assert parents(unnamed, unnamed) == [None, None]


def test_findings_without_drivers_stay_as_they_are() -> None:
    frame = pd.DataFrame([TALE | {"finding_id": "f0"}])
    drivers = pd.DataFrame(columns=["finding_id", "driver_rank", "resource_id", "tags"])
    assert fold(frame, drivers)["parent_finding_id"].isna().all()
    assert fold(frame.head(0), drivers).empty
