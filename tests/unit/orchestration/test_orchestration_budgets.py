"""What the mart of budgets must have told before spend counts as measured."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from orchestration.budgets import measured_budgets
from orchestration.warehouse import Warehouse
from policies.bundle import read_bundle
from policies.deployment.budget_scopes import BudgetError, budget_scopes

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)


class Marts:
    """Answers with each scope's figures, and with the newest day of costs."""

    def __init__(
        self,
        figures: tuple[int, ...],
        *,
        is_known: bool = True,
        newest: date | None = None,
        covers: str = "{}",
    ) -> None:
        scopes = budget_scopes(read_bundle())
        rest = (covers, None, date(2026, 10, 19), is_known)
        self.budgets = [(name, one.currency, *figures, *rest) for name, one in scopes.items()]
        self.newest = newest

    def read(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return [], self.budgets if "fct_budgets" in sql else [(self.newest,)]


def measured(marts: Marts) -> Any:
    return measured_budgets(cast("Warehouse", marts), NOW)["default"]


@pytest.mark.parametrize("newest", [date(2026, 10, 19), None])
def test_budget_of_the_last_build_is_measured(newest: date | None) -> None:
    budget = measured(Marts((7, 8, 6, 9), is_known=True, newest=newest))
    assert budget.source == "measured"
    assert (budget.spent, budget.forecast_high) == (Decimal(7), Decimal(9))


def test_month_without_charge_or_forecast_is_not_known_rather_than_free() -> None:
    assert measured(Marts((0, 0, 0, 0), is_known=False, newest=None)).source == "not_known"


def test_budget_measured_of_other_charges_than_it_covers_now_is_refused() -> None:
    with pytest.raises(
        BudgetError, match=r'measured of \{"owner": \["web"\]\}, and .* says \{\}: run'
    ):
        measured(Marts((7, 8, 6, 9), covers='{"owner": ["web"]}'))


def test_budget_from_before_newer_costs_is_refused() -> None:
    with pytest.raises(BudgetError, match="measured on 2026-10-19, before the costs until"):
        measured(Marts((7, 8, 6, 9), is_known=True, newest=date(2026, 10, 20)))
