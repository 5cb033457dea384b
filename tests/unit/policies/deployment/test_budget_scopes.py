from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.bundle import Bundle, BundleError, read_bundle
from policies.deployment.budget import configured_budget
from policies.deployment.budget_scopes import DIMENSIONS, BudgetError, Scope, budget_scopes

GOOD = {"currency": "USD", "monthly_limit": "9000.00"}


def bundle(scopes: Any) -> Bundle:
    text = yaml.safe_dump({"scopes": scopes}).encode()
    return Bundle(Path("/policies"), {"finops/config/budgets/data.yaml": text})


def test_every_shipped_budget_can_be_read() -> None:
    assert budget_scopes(read_bundle())["default"].covers == {}


def test_scope_covers_all_but_for_the_dimensions_that_it_names() -> None:
    covers = {"owner": ["web", "payments", "web"], "account": ["012345678901"]}
    found = budget_scopes(bundle({"all": GOOD, "shop": {**GOOD, "covers": covers}}))
    assert found["all"] == Scope("USD", Decimal(9000), {})
    assert found["shop"].covers == {"owner": ("web", "payments"), "account": ("012345678901",)}


@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        (["shop"], "scopes is not a mapping"),
        ({"shop": None}, "scopes.shop is not a mapping"),
        ({"shop": {**GOOD, "limit": "1"}}, "scopes.shop.limit is unknown"),
        ({"shop": {**GOOD, "currency": "usd"}}, "scopes.shop.currency is not a currency"),
        ({"shop": {"monthly_limit": "1"}}, "scopes.shop.currency is not a currency"),
        ({"shop": {"currency": "USD"}}, "scopes.shop.monthly_limit is not an amount"),
        ({"shop": {**GOOD, "monthly_limit": 0.1}}, "is not an amount of money: write it as text"),
        ({"shop": {**GOOD, "covers": ["web"]}}, "scopes.shop.covers is not a mapping"),
        ({"shop": {**GOOD, "covers": {"team": ["web"]}}}, "scopes.shop.covers.team is unknown"),
        ({"shop": {**GOOD, "covers": {"owner": "web"}}}, "scopes.shop.covers.owner names nothing"),
        ({"shop": {**GOOD, "covers": {"owner": []}}}, "scopes.shop.covers.owner names nothing"),
        ({"shop": {**GOOD, "covers": {"account": [123]}}}, "account has 123, which is not text"),
    ],
)
def test_scope_that_cannot_be_read_names_its_file_and_field(scopes: Any, said: str) -> None:
    with pytest.raises(BudgetError) as caught:
        configured_budget(bundle(scopes), "shop")
    assert str(caught.value).startswith("/policies/finops/config/budgets/data.yaml: scopes")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"scopes:\n  shop: {currency: USD}\n  shop: {currency: EUR}\n", "'shop' stands twice"),
        (b"scopes: [}\n", "parsing a flow node did not find"),
    ],
)
def test_file_that_is_no_yaml_or_says_two_things_is_refused(text: bytes, said: str) -> None:
    """OPA, like most readers, takes the last of two, and the other limit would hold nothing."""
    given = Bundle(Path("/policies"), {"finops/config/budgets/data.yaml": text})
    with pytest.raises(BundleError) as caught:
        budget_scopes(given)
    assert said in str(caught.value)


def test_charges_are_chosen_by_what_the_models_ask_for() -> None:
    """A dimension that the models did not know would cover everything, in silence."""
    macro = Path(__file__).parents[4] / "dbt_project/macros/budgets/budget_dimensions.sql"
    listed = ", ".join(f"'{name}'" for name in DIMENSIONS)
    assert f"return([{listed}])" in macro.read_text()
