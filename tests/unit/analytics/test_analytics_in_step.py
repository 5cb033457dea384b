"""Promises of `in_step`: what moves week by week, or as a share of others, is told once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.in_step import compared, fold_in_step
from orchestration.analytics.sentences import in_words

BEGUN, LENGTH = date(2026, 4, 6), 42
DAYS = [BEGUN + timedelta(days=n) for n in range(-28, LENGTH)]
OVER = np.clip(np.arange(-28, LENGTH) / 21, 0, 1)
AT_ONCE = (np.arange(-28, LENGTH) >= 0).astype(float)
NOISE = 1 + 0.03 * np.random.default_rng(1).standard_normal((4, len(DAYS)))


def finding(service: str, impact: float, **change: Any) -> dict[str, Any]:
    row = {
        "finding_id": service, "service_provider_name": "AWS", "sub_account_id": "one",
        "service_name": service, "billing_currency": "USD", "level": "service", "member": "(all)",
        "first_seen": BEGUN, "last_seen": DAYS[-1], "impact_cost": Decimal(str(impact)),
        "parent_finding_id": None, "kind": "level_shift", "status": "open", "arrived_share": 1.0,
        "actual_cost": Decimal(100), "expected_cost": Decimal(50),
    } | change  # fmt: skip
    account, name, currency = (
        row[key] for key in ("sub_account_id", "service_name", "billing_currency")
    )
    return row | {"series_id": f"AWS/{account}/{name}/{currency}"}


def folded(
    findings: list[dict[str, Any]], costs: dict[str, Any], dates: Any = DAYS
) -> pd.DataFrame:
    """`costs` are daily, by service; those of the account are their sum."""
    days = costs | {"(all)": sum(costs.values())}
    rows = [
        {
            "charge_date": day, "service_provider_name": "AWS", "sub_account_id": "one",
            "service_name": name, "billing_currency": "USD", "member": "(all)",
            "level": "account" if name == "(all)" else "service", "effective_cost": Decimal(str(y)),
        }
        for name, values in days.items()
        for day, y in zip(dates, (values * np.ones(len(dates))).round(6).tolist(), strict=True)
    ]  # fmt: skip
    return fold_in_step(pd.DataFrame(findings), pd.DataFrame(rows))


def parents(
    findings: list[dict[str, Any]], costs: dict[str, Any], dates: Any = DAYS
) -> list[str | None]:
    found = folded(findings, costs, dates)["parent_finding_id"]
    return [None if pd.isna(name) else name for name in found]


LATER = {"first_seen": date(2026, 4, 17), "kind": "drop"}
MOVE = [finding("VM", -3600, **LATER), finding("Fargate", 2600, last_seen=date(2026, 5, 3))]


def test_what_moves_over_weeks_is_told_once_by_the_rise_though_both_were_seen_apart() -> None:
    costs = {"VM": 150 * (1 - OVER) * NOISE[0], "Fargate": 150 * OVER * NOISE[1] + 3}
    found = folded(MOVE, costs)
    assert found["parent_finding_id"].tolist()[0] == "Fargate"
    assert found["parent_finding_id"].isna().tolist() == [False, True]
    why = in_words(found, pd.DataFrame(columns=["finding_id"])).set_index("finding_id")["why"]
    assert "moved from VM in account one (AWS), which fell as it rose, week by week" in why.iloc[1]


def test_a_rise_of_more_or_in_other_weeks_than_the_fall_hides_nothing() -> None:
    fall = {"VM": 150 * (1 - OVER)}
    for rise in (2 * OVER, 0.7 * OVER, AT_ONCE, np.roll(OVER, 10) * AT_ONCE):
        assert parents(MOVE, fall | {"Fargate": 150 * rise + 3}) == [None, None]


def test_services_that_share_nothing_and_other_bills_did_not_move() -> None:
    costs = {"VM": 150 * (1 - OVER), "Fargate": 150 * OVER + 3}
    for change in (
        {"level": "owner"},
        {"billing_currency": "EUR"},
        {"sub_account_id": "two"},
        {"first_seen": date(2026, 5, 16)},
    ):
        assert parents([MOVE[0], finding("Fargate", 2600) | change], costs) == [None, None], change


def test_a_fall_is_told_by_what_tells_the_rise_with_all_that_it_tells() -> None:
    told = [*MOVE, finding("Disk", -300, parent_finding_id="VM"), finding("Team", 9000)]
    told[1] = told[1] | {"parent_finding_id": "Team"}
    costs = {"VM": 150 * (1 - OVER), "Fargate": 150 * OVER + 3, "Disk": 9, "Team": 400}
    assert parents(told, costs) == ["Team", "Team", "Team", None]


COMPUTE = 400 * (1 + 0.6 * AT_ONCE) * NOISE[0]
FEE = [finding("Compute", 7000), finding("Support", 700)]


def test_a_share_of_others_is_told_by_what_made_it_dearer() -> None:
    storage = 200 * NOISE[1]
    for support, words in (
        (0.1 * (COMPUTE + storage), "10.0% of what else AWS bills to one"),
        (0.15 * COMPUTE, "15.0% of Compute"),
        (-0.06 * (COMPUTE + storage), "6.0% of what else AWS bills to one"),
    ):
        sign = int(np.sign(support[0]))
        fee = finding("Support", 700 * sign, first_seen=BEGUN + timedelta(days=3))
        costs = {"Compute": COMPUTE, "Storage": storage, "Support": support}
        found = folded([FEE[0], fee], costs)
        assert found["parent_finding_id"].tolist()[1] == "Compute"
        assert found["share_of"].tolist()[1] == words
        why = in_words(found, pd.DataFrame(columns=["finding_id"]))["why"].iloc[0]
        assert f"Support in account one (AWS) follows it, at {words} as before: " in why


def test_a_share_that_changed_or_that_nothing_larger_moved_stands_for_itself() -> None:
    other = {"Compute": COMPUTE, "Storage": 200 * NOISE[1]}
    for support in (
        60 * (1 + 2 * AT_ONCE),
        0.1 * COMPUTE * (1 + 0.1 * AT_ONCE),
        60 * (1 + 0.6 * AT_ONCE) * NOISE[2],
    ):
        assert parents(FEE, other | {"Support": support}) == [None, None]
    larger = [finding("Compute", 70), FEE[1]]
    assert parents(larger, other | {"Support": 0.15 * COMPUTE}) == [None, None]


def test_a_share_that_is_billed_by_the_month_is_told_by_what_moved_its_month() -> None:
    """On the first of the month, for its own so far or for the one before."""
    days = pd.DatetimeIndex([date(2026, 1, 1) + timedelta(days=n) for n in range(137)])
    rest = np.where(days >= pd.Timestamp("2026-04-10"), 700.0, 400.0)
    rest *= np.resize(NOISE[0], len(days))
    sums = pd.Series(rest, days).resample("MS").sum()
    for later, impact in ((0, 500), (1, 600)):
        billed = (sums * 0.1).shift(later).reindex(days).fillna(0.0).to_numpy()
        on = date(2026, 4 + later, 1)
        fee = finding("Support", impact, first_seen=on, last_seen=on)
        moved = finding("Compute", 8400, first_seen=date(2026, 4, 10), last_seen=date(2026, 5, 7))
        costs = {"Compute": rest, "Support": billed}
        assert parents([moved, fee], costs, days) == [None, "Compute"]
        costs["Support"] = billed * np.where(days.day == 1, 1, 0) + np.where(days == str(on), 99, 0)
        assert parents([moved, fee], costs, days) == [None, None], "another share"


def test_only_bills_with_several_findings_are_compared() -> None:
    alone = finding("Compute", 7000, service_provider_name="Beacon")
    keys = compared(pd.DataFrame([*FEE, alone]))
    assert set(keys["service_provider_name"]) == {"AWS"}
    assert set(keys["level"]) == {"service", "account", "provider"}
    assert compared(pd.DataFrame([alone])).empty
