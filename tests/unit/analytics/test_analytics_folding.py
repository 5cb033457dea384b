"""Promises of folding: one thing is told once, by its largest finding; two things stay two."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.analytics.folding import fold, fold_sums

TAGS = '{"product":"search"}'
TALE: dict[str, Any] = {
    "service_provider_name": "AWS", "sub_account_id": "one", "service_name": "EC2",
    "member": "(all)", "billing_currency": "USD", "first_seen": date(2026, 9, 8),
    "last_seen": date(2026, 9, 12), "detected_on": date(2026, 9, 8), "series_id": "s",
    "level": "service", "impact_cost": Decimal(10),
    "expected_cost": Decimal(90), "actual_cost": Decimal(100), "resource_id": "i-1", "tags": TAGS,
    "cause": "usage",
}  # fmt: skip


def parents(*changes: dict[str, Any]) -> list[str | None]:
    rows = [TALE | change | {"finding_id": f"f{n}"} for n, change in enumerate(changes)]
    frame = pd.DataFrame(rows).assign(parent_finding_id=None)
    named = ["resource_id", "tags", "cause"]
    drivers = frame[["finding_id", *named]].assign(driver_rank=1)
    found = fold(frame.drop(columns=named), drivers)["parent_finding_id"]
    return [None if pd.isna(name) else name for name in found]


def test_series_moved_by_the_same_resource_are_told_by_the_largest() -> None:
    disk = {"first_seen": date(2026, 9, 9), "tags": None}
    assert parents({"impact_cost": Decimal(90)}, disk, {}) == [None, "f0", "f0"]


def test_of_those_about_as_large_the_first_that_was_seen_tells_however_they_grow() -> None:
    later = {"detected_on": date(2026, 9, 10), "impact_cost": Decimal(18)}
    assert parents(later, {}) == ["f1", None]
    assert parents(later | {"impact_cost": Decimal(21)}, {}) == [None, "f0"], "twice as large"
    same_day = {"series_id": "a", "impact_cost": Decimal(9)}
    assert parents({}, same_day) == ["f1", None]
    assert parents({"impact_cost": Decimal(9)}, same_day) == ["f1", None]
    fall = later | {"impact_cost": Decimal(-18)}
    assert parents(later, {}, fall) == ["f1", None, "f1"], "and what moved there"


def test_equally_tagged_resources_that_move_together_are_one_thing() -> None:
    assert parents({}, {"resource_id": "vol-1"}) == [None, "f0"]


def test_accounts_that_one_commitment_covers_are_one_thing() -> None:
    covered = {"cause": "commitment", "tags": None}
    other = covered | {"sub_account_id": "two", "resource_id": "i-2"}
    assert parents(covered, other) == [None, "f0"]
    for change in ({"cause": "price"}, {"impact_cost": Decimal(-5)}):
        assert parents(covered, other | change) == [None, None], change


def test_other_resources_days_directions_providers_and_currencies_stay_apart() -> None:
    for change in (
        {"resource_id": "i-2", "tags": '{"product":"checkout"}'},
        {"first_seen": date(2026, 9, 10)},
        {"impact_cost": Decimal(-5)},
        {"service_provider_name": "Microsoft"},
        {"billing_currency": "EUR"},
    ):
        assert parents({}, change) == [None, None], change


FALL = {"impact_cost": Decimal(-9)}


def test_what_falls_in_one_place_as_it_rises_in_another_has_moved() -> None:
    assert parents({}, FALL) == [None, "f0"]
    assert parents(FALL, {}) == ["f1", None], "the rise tells it, whichever is larger"
    owners = {"level": "owner", "resource_id": None, "tags": None}
    assert parents(owners, owners | FALL) == [None, "f0"], "no resource names both owners"
    assert parents(owners, owners | FALL, owners | FALL) == [None, "f0", None], "from one place"


def test_other_amounts_resources_levels_days_and_currencies_are_no_move() -> None:
    for change in (
        {"impact_cost": Decimal(-7)},
        {"resource_id": "i-2"},
        {"resource_id": "(none)"},
        {"level": "region"},
        {"first_seen": date(2026, 9, 10)},
        {"last_seen": date(2026, 9, 28)},
        {"billing_currency": "EUR"},
        {"service_provider_name": "Microsoft"},
    ):
        assert parents({}, FALL | change) == [None, None], change


def test_an_account_that_is_billed_in_another_currency_is_one_finding() -> None:
    new = {"billing_currency": "EUR", "expected_cost": Decimal(0), "impact_cost": Decimal(100)}
    gone = {"actual_cost": Decimal(0), "impact_cost": Decimal(-90)}
    assert parents(new, gone) == [None, "f0"]
    for other in ({"sub_account_id": "two"}, {"actual_cost": Decimal(40)}):
        assert parents(new, gone | other) == [None, None], other


def test_what_has_no_resource_and_no_tags_is_not_taken_for_the_same() -> None:
    for nothing in (None, "{}"):
        unnamed = {"resource_id": "(none)", "tags": nothing}
        assert parents(unnamed, unnamed) == [None, None]


def test_findings_without_drivers_stay_as_they_are() -> None:
    frame = pd.DataFrame([TALE | {"finding_id": "f0", "parent_finding_id": None}])
    drivers = pd.DataFrame(columns=["finding_id", "driver_rank", "resource_id", "tags"])
    assert fold(frame, drivers)["parent_finding_id"].isna().all()
    assert fold(frame.head(0), drivers).empty


WHOLE: dict[str, Any] = TALE | {"level": "account", "sub_account_id": "one"}


def told_by(*changes: dict[str, Any]) -> list[str | None]:
    """Who tells each finding: they are of account one as a whole, unless changed."""
    rows = [WHOLE | change | {"finding_id": f"f{n}"} for n, change in enumerate(changes)]
    found = fold_sums(pd.DataFrame(rows))["parent_finding_id"]
    return [None if pd.isna(name) else name for name in found]


SERVICE = {"level": "service", "impact_cost": Decimal(6)}


def test_a_sum_is_told_by_the_part_that_moved_most_of_it() -> None:
    small = SERVICE | {"impact_cost": Decimal(1)}
    assert told_by({}, SERVICE, small) == ["f1", None, None]
    assert told_by({"level": "provider"}, SERVICE, {}) == ["f1", None, "f1"]


def test_a_sum_whose_parts_explain_less_than_half_stands_for_itself() -> None:
    assert told_by({}, SERVICE | {"impact_cost": Decimal(4)}) == [None, None]
    assert told_by({}) == [None]


def test_parts_that_explain_it_together_tell_it_by_the_largest() -> None:
    third = SERVICE | {"impact_cost": Decimal(3)}
    assert told_by({}, third, SERVICE | {"impact_cost": Decimal(4)}) == ["f2", None, None]


def test_a_sum_tells_several_parts_that_began_with_it_none_of_which_is_most_of_it() -> None:
    third = SERVICE | {"impact_cost": Decimal(3)}
    assert told_by({}, third, third, third) == [None, "f0", "f0", "f0"]
    accounts = [third | {"sub_account_id": name} for name in ("one", "two", "three")]
    sums = [one | {"level": "account"} for one in accounts]
    everywhere = told_by({"level": "provider"}, *accounts, *sums)
    assert everywhere == [None, "f0", "f0", "f0", "f1", "f2", "f3"]
    region = told_by({"level": "region", "member": "east"}, third, third, third)
    assert region[1:] == [None] * 3, "which services it has is not known"


def test_a_sum_that_was_seen_before_any_part_goes_on_telling() -> None:
    later = SERVICE | {"detected_on": date(2026, 9, 9)}
    assert told_by({}, later) == [None, "f0"]
    assert told_by({}, later, SERVICE)[0] == "f1", "another part was seen with it"
    assert told_by({}, later | {"impact_cost": Decimal(20)}) == ["f1", None], "more than its sum"
    apart = later | {"first_seen": date(2026, 9, 10)}
    assert told_by({}, apart) == ["f1", None], "begun on another day"


def test_parts_of_which_one_is_most_or_that_began_apart_tell_their_sum() -> None:
    tenth = SERVICE | {"impact_cost": Decimal(1)}
    assert told_by({}, SERVICE | {"impact_cost": Decimal(8)}, tenth, tenth)[0] == "f1"
    halves = [{"impact_cost": Decimal(5), "sub_account_id": name} for name in ("one", "two")]
    regions = [{"impact_cost": Decimal(5), "level": "region", "member": n} for n in ("a", "b")]
    cut = told_by({"level": "provider"}, *halves, *regions, tenth)
    assert cut[0] == "f1", "two accounts, however they are cut"
    third = SERVICE | {"impact_cost": Decimal(3)}
    later = third | {"first_seen": date(2026, 9, 10)}
    assert told_by({}, third, third, later) == ["f1", None, None, None]


def test_other_days_directions_accounts_and_currencies_tell_no_sum() -> None:
    for change in (
        {"first_seen": date(2026, 10, 1), "last_seen": date(2026, 10, 2)},
        {"impact_cost": Decimal(-9)},
        {"sub_account_id": "two"},
        {"billing_currency": "EUR"},
        {"service_provider_name": "Microsoft"},
    ):
        assert told_by({}, SERVICE | change) == [None, None], change


def test_a_part_of_many_more_days_explains_only_by_those_it_shares() -> None:
    long = SERVICE | {"first_seen": date(2026, 8, 10), "last_seen": date(2026, 9, 8)}
    assert told_by({}, long) == [None, None]


def test_an_account_tells_its_provider_when_no_service_does() -> None:
    assert told_by({"level": "provider"}, {"impact_cost": Decimal(9)}) == ["f1", None]


NEW = {"expected_cost": Decimal(0), "actual_cost": Decimal(10)}


def test_an_account_that_is_new_as_a_whole_tells_its_services() -> None:
    new = SERVICE | NEW
    assert told_by(NEW, new, new) == [None, "f0", "f0"]
    assert told_by(NEW | {"level": "provider"}, new, new, NEW) == ["f3", "f3", "f3", None]
    gone = {"impact_cost": Decimal(-10), "expected_cost": Decimal(10), "actual_cost": Decimal(0)}
    left = SERVICE | gone | {"impact_cost": Decimal(-6)}
    assert told_by(gone, left, left) == [None, "f0", "f0"]


def test_a_region_or_owner_that_is_new_tells_the_services_that_are_as_much() -> None:
    owner = WHOLE | NEW | {"level": "owner", "sub_account_id": "(all)", "member": "newcomers"}
    half = SERVICE | NEW | {"impact_cost": Decimal(5)}
    grown = half | {"expected_cost": Decimal(90), "actual_cost": Decimal(95)}
    assert told_by(owner, half, grown) == [None, "f0", "f0"]
    assert told_by(owner, half, grown, {}) == [None, "f0", "f0", "f0"], "and the sums they are in"
    assert told_by(owner, half, SERVICE | {"impact_cost": Decimal(9)})[0] == "f2"
    assert told_by(owner, SERVICE | {"impact_cost": Decimal(10)}) == ["f1", None]


def test_services_of_an_account_that_was_there_or_began_apart_tell_themselves() -> None:
    new = SERVICE | NEW
    assert told_by({}, new, new) == ["f1", None, None]
    assert told_by(NEW, new) == ["f1", None], "one service says more than its account"
    later = new | {"first_seen": date(2026, 9, 10)}
    assert told_by(NEW, new, later) == ["f1", None, None]
    elsewhere = new | {"sub_account_id": "two"}
    assert told_by(NEW, new, elsewhere) == ["f1", None, None]


def test_what_tells_a_sum_is_told_itself_by_the_same_resource() -> None:
    rows = [
        WHOLE | {"finding_id": "large", "level": "service", "impact_cost": Decimal(50)},
        WHOLE | {"finding_id": "sum", "sub_account_id": "two"},
        WHOLE | SERVICE | {"finding_id": "part", "sub_account_id": "two"},
    ]
    frame = pd.DataFrame(rows)
    drivers = frame[["finding_id", "resource_id", "tags"]].assign(driver_rank=1)
    found = fold(fold_sums(frame), drivers[drivers["finding_id"] != "sum"])
    assert found["parent_finding_id"].tolist()[1:] == ["large", "large"]
