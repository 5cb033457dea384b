"""How much of a waiver other changes use: each change counts once, by its latest decision."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from policies.deployment.ratecard import RateCardError, read_card
from policies.deployment.waivers import Use, used
from tests.unit.policies.deployment.rate_cards import CONTENT, card_file

USE = Use("W-1", "40.00", "USD", "acme/shop", "staging", "7", "a1", False, "2026-10-01T00:00:00Z")
LATER = "2026-10-02T00:00:00Z"
MINE = {"repository": "acme/shop", "pull_request": "9", "head_sha": "c1"}


def counted(*uses: Use) -> Decimal:
    return used(uses, MINE, "staging").get("W-1", Decimal(0))


def test_latest_decision_of_a_pull_request_counts_alone() -> None:
    assert counted(replace(USE, decided_at=LATER, amount="15.00", head_sha="a2"), USE) == 15
    assert counted(USE, replace(USE, pull_request="8")) == 80


def test_pull_request_of_another_repository_or_environment_is_another_change() -> None:
    assert counted(USE, replace(USE, repository="acme/other")) == 80
    assert counted(replace(USE, environment="production", pull_request="9")) == 40
    assert counted(replace(USE, pull_request="9")) == 0


def test_resource_costs_once_however_many_changes_touch_it() -> None:
    web = replace(USE, about_resource=True)
    assert counted(web, replace(web, pull_request="8")) == 0
    elsewhere = replace(web, repository="acme/other")
    assert counted(elsewhere, replace(elsewhere, pull_request="8", decided_at=LATER)) == 40


UNNAMED = replace(USE, pull_request=None, head_sha="local")


def test_each_decision_of_a_change_without_a_name_counts_for_others() -> None:
    """Two laptops' changes passed for one, of which the latest counted."""
    assert counted(UNNAMED, replace(UNNAMED, decided_at=LATER)) == 80
    # Nor does it only deploy what a pull request has brought.
    assert counted(USE, UNNAMED) == 80


def test_a_change_without_a_name_counts_what_pull_requests_use_and_not_its_own_tries() -> None:
    mine = {"repository": "acme/shop", "pull_request": None, "head_sha": "local"}
    assert used([USE, UNNAMED, replace(UNNAMED, decided_at=LATER)], mine, "staging") == {"W-1": 40}


def card_with(folder: Path, waivers: object) -> Path:
    return card_file(folder, {**CONTENT, "facts": {**CONTENT["facts"], "waivers": waivers}})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "-1.00"), ("amount", "NaN"), ("amount", "much"), ("amount", 40),
        ("amount", "4e1"), ("about_resource", "false"), ("about_resource", 1),
        ("pull_request", 7), ("head_sha", None),
        ("waiver_id", ["W-1"]), ("environment", {}), ("currency", "usd"), ("decided_at", None),
        ("decided_at", "2026-10-01"), ("decided_at", "2026-02-30T00:00:00Z"), ("moment", "now"),
    ],
)  # fmt: skip
def test_rate_card_with_a_use_of_another_form_is_refused_and_told_where(
    tmp_path: Path, field: str, value: object
) -> None:
    """A text `false` was taken for true: what it used of a budget then counted as a resource's."""
    with pytest.raises(RateCardError, match=r"facts\.waivers\[1\].*" + field) as refused:
        read_card(card_with(tmp_path, [USE.to_dict(), {**USE.to_dict(), field: value}]))
    assert "tollgate rates export" in str(refused.value)


@pytest.mark.parametrize("uses", [None, {}, {"W-1": "40.00"}, "W-1", ["W-1"], [{}], 5])
def test_rate_card_whose_uses_are_no_list_of_uses_is_refused(tmp_path: Path, uses: object) -> None:
    with pytest.raises(RateCardError, match=r"facts\.waivers"):
        read_card(card_with(tmp_path, uses))


def test_rate_card_that_says_nothing_of_waivers_knows_nothing(tmp_path: Path) -> None:
    assert read_card(card_file(tmp_path)).waiver_uses is None
    assert read_card(card_with(tmp_path, [])).waiver_uses == []
