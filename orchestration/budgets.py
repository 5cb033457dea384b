"""What is left of the budgets of this month, as the mart `fct_budgets` has measured it.

Belongs here: reading the facts that the deployment gate decides on. The limit itself is policy
(`policies/rego/finops/config/budgets`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from orchestration.warehouse import Warehouse
from policies.bundle import read_bundle
from policies.deployment.budget import Budget, configured_budget
from policies.deployment.budget_scopes import BudgetError, budget_scopes

# Where nothing is forecast, a month is expected to cost what it has cost.
_MONTH = """
select scope, billing_currency, spent_cost, coalesce(forecast_cost, spent_cost),
       coalesce(forecast_low_cost, spent_cost), coalesce(forecast_high_cost, spent_cost)
from marts.fct_budgets where charge_month = date '{first}'
"""


def measured_budgets(warehouse: Warehouse, now: datetime) -> dict[str, Budget]:
    """Every configured budget of the month that `now` lies in, by scope: usage of all providers.

    A budget that the mart does not have is a `BudgetError`: unknown spend must not pass for none.
    """
    bundle = read_bundle()
    rows = warehouse.read(_MONTH.format(first=now.date().replace(day=1)))[1]
    measured = {(scope, currency): figures for scope, currency, *figures in rows}
    found = {}
    for scope, terms in sorted(budget_scopes(bundle).items()):
        if (scope, terms.currency) not in measured:
            raise BudgetError(
                f"budget {scope!r} in {terms.currency} is not in marts.fct_budgets for "
                f"{now:%Y-%m}: run `tollgate build`, which reads finops/config/budgets"
            )
        spent, forecast, low, high = map(Decimal, measured[scope, terms.currency])
        found[scope] = replace(
            configured_budget(bundle, scope),
            source="measured",
            spent=spent,
            forecast=forecast,
            forecast_low=low,
            forecast_high=high,
        )
    return found
