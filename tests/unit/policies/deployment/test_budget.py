import json
from decimal import Decimal
from pathlib import Path

import pytest

from policies.bundle import read_bundle
from policies.deployment.budget import Budget, budget_of_card, configured_budget, read_budget
from policies.deployment.budget_scopes import BudgetError


def test_limit_comes_from_the_bundle_and_unknown_spend_is_said() -> None:
    facts = configured_budget(read_bundle()).to_dict()
    assert facts["source"] == "not_known"
    assert facts["remaining"] == facts["monthly_limit"] == "50000.00"


def test_what_is_left_is_the_limit_less_the_larger_of_spend_and_forecast() -> None:
    budget = configured_budget(read_bundle(), monthly_limit="100", spent="30", forecast="80")
    assert budget.remaining == 20
    assert budget.to_dict()["source"] == "stated"


def test_spend_alone_is_also_the_forecast() -> None:
    assert configured_budget(read_bundle(), spent="30").forecast == 30


def test_card_is_believed_only_of_its_month_and_of_what_the_scope_covers_now() -> None:
    measured = {"scope": "default", "month": "2026-10", "currency": "USD", "covers": "{}",
                "spent": "7.00", "forecast": "9.00", "forecast_low": "8.00",
                "forecast_high": "-0.50"}  # fmt: skip
    bundle = read_bundle()
    assert budget_of_card(bundle, "default", {"budgets": [measured]}, "2026-10").forecast == 9
    later = budget_of_card(bundle, "default", {"budgets": [measured]}, "2026-11")
    assert later.source == "not_known"
    measured["covers"] = '{"owner": ["web"]}'
    with pytest.raises(BudgetError, match=r"of \{.*web.*says \{\}; build and export it again"):
        budget_of_card(bundle, "default", {"budgets": [measured]}, "2026-10")


def test_rounded_figures_still_add_up() -> None:
    third = Decimal("33.335")
    facts = Budget("x", "USD", Decimal("99.995"), third, Decimal(0), "measured").to_dict()
    left = Decimal(facts["monthly_limit"]) - Decimal(facts["spent"])
    assert Decimal(facts["remaining"]) == left


def test_file_is_read_without_losing_a_cent(tmp_path: Path) -> None:
    file = tmp_path / "budget.json"
    file.write_text('{"scope": "s", "currency": "EUR", "monthly_limit": 0.1, "spent": "0.02",'
                    ' "forecast": 0.03}')  # fmt: skip
    assert read_budget(file).remaining == Decimal("0.07")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scope": ""}, "scope"),
        ({"currency": None}, "currency"),
        ({"spent": None}, "spent"),
        ({"spent": True}, "spent"),
        ({"forecast": "NaN"}, "forecast"),
        ({"monthly_limit": "1e400"}, "monthly_limit"),
        ({"monthly_limit": []}, "monthly_limit"),
        ({"monthly_limit": -1}, "monthly_limit"),
        ({"spent": "-0.01"}, "spent"),
        ({"forecast": -9000}, "forecast"),
    ],
)
def test_file_with_a_bad_field_names_file_and_field(
    tmp_path: Path, change: dict[str, object], field: str
) -> None:
    file = tmp_path / "budget.json"
    whole = {"scope": "s", "currency": "USD", "monthly_limit": 1, "spent": 0, "forecast": 0}
    file.write_text(json.dumps({**whole, **change}))
    with pytest.raises(BudgetError, match=field) as caught:
        read_budget(file)
    assert "budget.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_file_that_is_no_budget_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "budget.json"
    file.write_text(text)
    with pytest.raises(BudgetError, match=r"budget\.json"):
        read_budget(file)
