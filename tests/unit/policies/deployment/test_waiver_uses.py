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


def test_rate_card_with_a_use_that_is_no_amount_is_refused(tmp_path: Path) -> None:
    for amount in ("-1.00", "NaN", "much"):
        facts = {**CONTENT["facts"], "waivers": [replace(USE, amount=amount).to_dict()]}
        with pytest.raises(RateCardError):
            read_card(card_file(tmp_path, {**CONTENT, "facts": facts}))


def test_rate_card_that_says_nothing_of_waivers_knows_nothing(tmp_path: Path) -> None:
    assert read_card(card_file(tmp_path)).waiver_uses is None
    facts = {**CONTENT["facts"], "waivers": []}
    assert read_card(card_file(tmp_path, {**CONTENT, "facts": facts})).waiver_uses == []
