"""Promises of the explanation: exact to the last decimal, and the right cause named."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.analytics.explain import CELLS, COLUMNS, TOP, compared_days, explain_findings
from orchestration.analytics.money import UNIT, apportion
from orchestration.analytics.sentences import in_words

FIRST = date(2026, 9, 14)
DEFAULTS = {
    "finding_id": "f1", "windows_back": 0, "known_days": 365, "nature": "usage",
    "is_covered": False, "resource_id": "i-a", "usage_type": "BoxUsage:m5.large",
    "region_id": "us-east-1", "unit": "Hrs", "tags": None, "quantity": Decimal(24),
    "cost": Decimal("2.40"),
}  # fmt: skip

amounts = st.decimals(-1000, 100_000, places=12)
cell = st.fixed_dictionaries(
    {
        "finding_id": st.sampled_from(["f1", "f2"]),
        "windows_back": st.integers(0, 4),
        "nature": st.sampled_from(["usage", "usage", "usage", "unused", "credit", "restatement"]),
        "is_covered": st.booleans(),
        "resource_id": st.sampled_from(["i-a", "i-b", "vol-c", "(none)"]),
        "usage_type": st.sampled_from(["BoxUsage:m5.4xlarge", "EBS:VolumeUsage.gp3"]),
        "unit": st.sampled_from(["Hrs", "GB-Mo"]),
        "quantity": st.one_of(st.none(), st.decimals(0, 10_000, places=12)),
        "cost": amounts,
    }
)


def cells(*rows: dict[str, Any]) -> Any:
    frame = pd.DataFrame([DEFAULTS | row for row in rows], columns=list(CELLS), dtype=object)
    return frame.astype({"windows_back": int, "known_days": int})


def findings(*names: str, days: int = 7) -> Any:
    return pd.DataFrame(
        {
            "finding_id": names,
            "service_provider_name": "AWS",
            "sub_account_id": "1",
            "service_name": "EC2",
            "billing_currency": "USD",
            "level": "service",
            "member": "(all)",
            "first_seen": FIRST,
            "last_seen": FIRST + timedelta(days=days - 1),
            "kind": "spike",
            "status": "resolved",
            "expected_cost": Decimal(70),
            "actual_cost": Decimal(140),
            "impact_cost": Decimal(70),
            "arrived_share": 1.0,
            "parent_finding_id": None,
            "drivers": "{}",
        }
    )


def before(**change: Any) -> list[dict[str, Any]]:
    """The same charge in each of the four earlier windows."""
    return [change | {"windows_back": back} for back in (1, 2, 3, 4)]


def causes(*rows: dict[str, Any]) -> dict[str, Decimal]:
    found = explain_findings(findings("f1"), cells(*rows))
    sums: dict[str, Decimal] = {}
    for row in found.to_dict("records"):
        sums[row["cause"]] = sums.get(row["cause"], Decimal(0)) + row["change_cost"]
    return sums


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(cell, min_size=1, max_size=25), known=st.integers(0, 60))
def test_the_drivers_of_every_finding_sum_to_its_change_to_the_last_decimal(
    rows: list[dict[str, Any]], known: int
) -> None:
    frame = cells(*(row | {"known_days": known} for row in rows))
    drivers = explain_findings(findings("f1", "f2"), frame)
    windows = 4 if known >= 28 else 2 if known >= 14 else 1
    for finding, mine in frame.groupby("finding_id"):
        now = sum(mine.loc[mine["windows_back"] == 0, "cost"], Decimal(0))
        earlier = mine["windows_back"].between(1, windows)
        change = now - sum(mine.loc[earlier, "cost"], Decimal(0)) / windows
        found = drivers[drivers["finding_id"] == finding]
        total = sum(found["change_cost"], Decimal(0))
        assert abs(total - change) <= UNIT / 2
        assert all(found["finding_change_cost"] == total)
        assert all(found["finding_after_cost"] == now)
        assert found["driver_rank"].tolist() == list(range(1, len(found) + 1))


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.decimals(-1000, 1000, places=20), min_size=1, max_size=30))
def test_rounded_parts_sum_to_the_rounded_total_and_none_moves_by_a_unit(
    parts: list[Decimal],
) -> None:
    total = sum(parts, Decimal(0)).quantize(UNIT)
    rounded = apportion(parts, total)
    assert sum(rounded, Decimal(0)) == total
    assert all(abs(a - b) <= UNIT for a, b in zip(parts, rounded, strict=True))


def test_parts_of_another_amount_are_refused() -> None:
    with pytest.raises(ValueError, match="do not sum to 5"):
        apportion([Decimal(1), Decimal(2)], Decimal(5))


def test_twice_the_use_at_the_same_price_is_usage() -> None:
    assert causes({"quantity": Decimal(48), "cost": Decimal("4.80")}, *before()) == {
        "usage": Decimal("2.40")
    }


def test_the_same_use_at_twice_the_price_is_price() -> None:
    assert causes({"cost": Decimal("4.80")}, *before()) == {"price": Decimal("2.40")}


def test_a_charge_without_quantity_that_grew_is_dearer() -> None:
    fee = {"quantity": None, "unit": None}
    assert causes(fee | {"cost": Decimal(9)}, *before(**fee, cost=Decimal(7))) == {
        "price": Decimal(2)
    }


def test_the_same_hours_on_a_larger_size_are_mix() -> None:
    larger = {"usage_type": "BoxUsage:m5.xlarge", "cost": Decimal("4.80")}
    assert causes(larger, *before()) == {"mix": Decimal("2.40")}


@pytest.mark.parametrize("sign", [1, -1])
def test_more_use_is_named_by_the_usage_type_that_was_used_more(sign: int) -> None:
    """An early-deletion fee beside a bucket's storage, or its end: both are billed in GB-Mo."""
    stored: dict[str, Any] = {"resource_id": "vault", "unit": "GB-Mo", "usage_type": "Storage"}
    stored |= {"quantity": Decimal(9_000), "cost": Decimal(90)}
    fee = stored | {"usage_type": "EarlyDelete", "quantity": Decimal(35_000), "cost": Decimal(350)}
    small = fee | {"quantity": Decimal(100), "cost": Decimal(1)}
    now, then = (fee, small)[::sign]
    found = explain_findings(findings("f1"), cells(stored, now, *before(**stored), *before(**then)))
    (driver,) = found.to_dict("records")
    assert (driver["cause"], driver["usage_type"]) == ("usage", "EarlyDelete")
    assert driver["change_cost"] == sign * Decimal(349)


def test_a_resource_that_began_is_new_and_one_that_ended_is_gone() -> None:
    rows = ({"resource_id": "i-new"}, *before(resource_id="i-old", cost=Decimal(1)))
    assert causes(*rows) == {"new": Decimal("2.40"), "gone": Decimal(-1)}


def test_a_lapsed_commitment_is_neither_dearer_nor_more_use() -> None:
    covered = {"is_covered": True, "cost": Decimal("1.40")}
    assert causes({}, *before(**covered)) == {"commitment": Decimal(1)}


def test_a_price_rise_beside_a_lapsed_commitment_is_told_apart() -> None:
    """Half was covered at 1.00 an hour, half not at 2.00; now none is, an hour costs 2.10."""
    hours = Decimal(10)
    old = [
        *before(is_covered=True, quantity=hours, cost=Decimal(10)),
        *before(quantity=hours, cost=Decimal(20)),
    ]
    assert causes({"quantity": 2 * hours, "cost": Decimal(42)}, *old) == {
        "commitment": Decimal(10),
        "price": Decimal(2),
    }


def test_unused_commitment_credits_and_corrections_have_their_own_names() -> None:
    natures = {"unused": 3, "credit": -4, "restatement": 5}
    rows = [{"nature": name, "cost": Decimal(cost)} for name, cost in natures.items()]
    assert causes(*rows) == {
        "commitment": Decimal(3),
        "credit": Decimal(-4),
        "restatement": Decimal(5),
    }


def test_nothing_that_changed_has_no_driver() -> None:
    assert causes({}, *before()) == {}


def test_the_smallest_drivers_are_one_row_per_cause_after_the_named_ones() -> None:
    rows = [{"resource_id": f"i-{n:03}", "cost": Decimal(n)} for n in range(1, TOP + 11)]
    drivers = explain_findings(findings("f1"), cells(*rows))
    assert len(drivers) == TOP + 1
    assert drivers["resource_id"].iloc[0] == f"i-{TOP + 10:03}"
    last = drivers.iloc[-1]
    assert pd.isna(last["resource_id"])
    assert (last["items"], last["change_cost"]) == (10, Decimal(55))


def test_windows_are_whole_weeks_and_at_most_four_weeks_long() -> None:
    spans = {days: compared_days(findings("f", days=days)).iloc[0] for days in (1, 7, 8, 60)}
    assert {days: row["days_apart"] for days, row in spans.items()} == {1: 7, 7: 7, 8: 14, 60: 28}
    assert spans[60]["last_day"] == FIRST + timedelta(days=27)


def test_the_leading_cause_is_told_with_its_largest_resource_and_share() -> None:
    rows = [
        {"resource_id": "i-0abc", "cost": Decimal(1400)},
        {"resource_id": "i-0def", "cost": Decimal(70)},
        {"resource_id": "i-a", "cost": Decimal("16.8"), "quantity": Decimal(168)},
    ]
    found = findings("f1", "without")
    told = in_words(found, explain_findings(found, cells(*rows, *before())))
    rose = (
        "EC2 in account 1 (AWS) cost $20.00 a day (+100%), not the expected $10.00, "
        "from 2026-09-14 to 2026-09-20: +$70.00."
    )
    assert told["why"][0] == (
        f"{rose} i-0abc (BoxUsage:m5.large, us-east-1) and 1 more new, +$210.00/day "
        "since 2026-09-14, 99% of the change."
    )
    body = json.loads(told["drivers"][0])
    assert Decimal(body["change"]) == sum(map(Decimal, body["causes"].values()))
    listed = sum((Decimal(row["change"]) for row in body["top"]), Decimal(0))
    assert listed + Decimal(body["rest"]) == Decimal(body["change"])
    assert (told["why"][1], told["drivers"][1]) == (rose, "{}")
    assert found["drivers"][0] == "{}", "the input is not changed"


@pytest.mark.parametrize(
    ("now", "how"),
    [
        ({"cost": Decimal("1.20")}, "-$70.00. i-a (BoxUsage:m5.large, us-east-1) cheaper"),
        ({"cost": Decimal("1.20"), "is_covered": True}, "-$70.00. i-a"),
        ({"resource_id": "i-b", "cost": Decimal(1)}, "something stopped, or its bill is missing."),
    ],
)
def test_a_fall_stopped_only_where_something_is_gone(now: dict[str, Any], how: str) -> None:
    found = findings("f1", "without").assign(kind="drop", actual_cost=Decimal(35))
    found["impact_cost"] = Decimal(-70)
    why = in_words(found, explain_findings(found, cells(now, *before())))["why"]
    assert f"from 2026-09-14 to 2026-09-20: {how}" in why[0]
    assert why[1].endswith("something stopped, or its bill is missing.")


def test_what_a_restatement_or_another_currency_tells_says_so() -> None:
    found = findings("rise", "fall", "march")
    found["parent_finding_id"] = [None, "rise", "a restatement"]
    found["billing_currency"] = ["EUR", "USD", "USD"]
    found.loc[1, "impact_cost"] = Decimal(-70)
    told = in_words(found, explain_findings(findings(), cells()).head(0))["why"]
    assert told[0].endswith(" Until then it was billed in USD.")
    assert told[2].endswith(" Its provider restated the closed month: this is what that changed.")


def test_what_has_moved_says_from_where_and_is_said_once() -> None:
    found = findings("rise", "fall", "sum")
    found["parent_finding_id"] = [None, "rise", "rise"]
    found["service_name"] = ["AI Search", "Cognitive Search", "(all)"]
    found["level"] = ["service", "service", "account"]
    found.loc[1:, "impact_cost"] = Decimal(-70)
    drivers = explain_findings(findings(), cells())
    told = in_words(found, drivers)
    assert told["why"][0].endswith(
        "It seems to have moved from Cognitive Search in account 1 (AWS), which fell by about as "
        "much."
    )
    assert told["why"][0].count("moved") == 1
    assert not told["why"][1:].str.contains("moved").any()
    assert in_words(told, drivers)["why"].tolist() == told["why"].tolist(), "kept word for word"


def test_no_cells_give_an_empty_table_with_all_columns() -> None:
    drivers = explain_findings(findings("f1"), cells())
    assert drivers.empty
    assert drivers.columns.tolist() == COLUMNS


def test_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="not a decimal"):
        explain_findings(findings("f1"), cells({"cost": 1.5}))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="'quantity' is missing"):
        explain_findings(findings("f1"), cells({}).drop(columns="quantity"))
