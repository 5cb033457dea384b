"""Promises of `explain`: exact to the last decimal, whatever the charges."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.analytics.explain import explain, explain_findings

FIRST = date(2026, 9, 14)

charges = st.lists(
    st.tuples(
        st.integers(-40, 12),
        st.sampled_from(["i-a", "i-b", "vol-c", None]),
        st.sampled_from(["BoxUsage:m5.4xlarge", "EBS:VolumeUsage.gp3"]),
        st.decimals(-1000, 100_000, places=12),
    ),
    max_size=60,
)


def frame(rows: list[tuple[int, str | None, str, Decimal]]) -> Any:
    return pd.DataFrame(
        [
            {
                "charge_date": FIRST + timedelta(days=offset),
                "resource_id": resource,
                "usage_type": usage,
                "region_id": "us-east-1",
                "effective_cost": cost,
            }
            for offset, resource, usage, cost in rows
        ],
        columns=["charge_date", "resource_id", "usage_type", "region_id", "effective_cost"],
    )


@settings(max_examples=100, deadline=None)
@given(rows=charges, days=st.integers(1, 12), top=st.integers(0, 6))
def test_the_parts_sum_to_the_change_to_the_last_decimal(
    rows: list[tuple[int, str | None, str, Decimal]], days: int, top: int
) -> None:
    result = explain(frame(rows), FIRST, FIRST + timedelta(days=days - 1), top=top)
    body = json.loads(result.to_json())
    change = Decimal(body["change"])
    listed = sum((Decimal(d["change"]) for d in body["top"]), Decimal(0))
    assert listed + Decimal(body["remainder"]["change"]) == change
    assert sum(Decimal(body[name]) for name in ("new", "gone", "changed")) == change
    assert Decimal(body["after"]) - Decimal(body["before"]) == change
    inside = sum((cost for offset, _, _, cost in rows if 0 <= offset < days), Decimal(0))
    assert Decimal(body["after"]) == inside


def test_the_new_instance_is_named_first_with_its_share() -> None:
    rows: list[tuple[int, str | None, str, Decimal]] = [
        (offset, "i-old", "BoxUsage:m5.large", Decimal("10")) for offset in range(-28, 7)
    ]
    rows += [(o, "i-0abc", "BoxUsage:m5.4xlarge", Decimal("212.40")) for o in range(7)]
    rows += [(o, "vol-1", "EBS", Decimal("15.99")) for o in range(7)]
    result = explain(frame(rows), FIRST, FIRST + timedelta(days=6))
    assert result.sentence() == (
        "i-0abc (BoxUsage:m5.4xlarge, us-east-1) new, +$212.40/day since 2026-09-14, "
        "93% of the change"
    )
    assert result.changed == 0
    assert result.new == 7 * (Decimal("212.40") + Decimal("15.99"))


def test_a_resource_that_ended_is_gone() -> None:
    rows: list[tuple[int, str | None, str, Decimal]] = [
        (offset, "i-old", "BoxUsage", Decimal("10")) for offset in range(-28, 0)
    ]
    result = explain(frame(rows), FIRST, FIRST)
    assert (result.gone, result.change) == (Decimal(-10), Decimal(-10))
    assert result.top[0].status == "gone"


def test_same_weekdays_are_compared() -> None:
    """A dear Monday is no news if every Monday is dear."""
    rows: list[tuple[int, str | None, str, Decimal]] = [
        (offset, "i-a", "BoxUsage", Decimal(90 if offset % 7 == 0 else 10))
        for offset in range(-28, 1)
    ]
    assert explain(frame(rows), FIRST, FIRST).change == 0


def test_floats_are_refused() -> None:
    costs = frame([(0, "i-a", "BoxUsage", Decimal(1))])
    costs["effective_cost"] = 1.5
    with pytest.raises(ValueError, match="not a decimal"):
        explain(costs, FIRST, FIRST)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="swap the days"):
        explain(frame([]), FIRST, FIRST - timedelta(days=1))


def test_findings_get_drivers_and_those_without_costs_stay_as_they_are() -> None:
    series = {
        "service_provider_name": "AWS",
        "sub_account_id": "(none)",
        "service_name": "EC2",
        "billing_currency": "EUR",
    }
    common = {"first_seen": FIRST, "last_seen": FIRST, "why": "It rose.", "drivers": "{}"}
    findings = pd.DataFrame([series | common, series | common | {"service_name": "S3"}])
    detail = frame([(0, "i-a", "BoxUsage", Decimal(5))]).assign(**series | {"sub_account_id": None})
    out = explain_findings(findings, detail)
    assert json.loads(out["drivers"][0])["top"][0]["resource_id"] == "i-a"
    assert out["why"][0].startswith("It rose. i-a (BoxUsage, us-east-1) new, +€5.00/day")
    assert (out["why"][1], out["drivers"][1]) == ("It rose.", "{}")
    assert findings["drivers"][0] == "{}", "the input is not changed"
    assert explain_findings(findings, detail.head(0)).equals(findings)
