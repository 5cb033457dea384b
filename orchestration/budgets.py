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
       coalesce(forecast_low_cost, spent_cost), coalesce(forecast_high_cost, spent_cost),
       covers, unbilled_covers, as_of, spent_through is not null or forecast_cost is not null
from marts.fct_budgets where charge_month = date '{first}'
"""
# Where a build failed in between, costs are of today and budgets still of an earlier day.
_COSTS = """
select max(charge_date) from marts.fct_daily_costs
where charge_category = 'Usage' and charge_date < date '{today}'
"""


def measured_budgets(warehouse: Warehouse, now: datetime) -> dict[str, Budget]:
    """Every configured budget of the month that `now` lies in, by scope: usage of all providers.

    A budget that the mart does not have, has of other charges than it covers now, or had before the
    costs of later days, is a `BudgetError`: unknown spend must not pass for none. One of which the
    month has neither a charge nor a forecast is not known.
    """
    bundle = read_bundle()
    rows = warehouse.read(_MONTH.format(first=now.date().replace(day=1)))[1]
    ((newest,),) = warehouse.read(_COSTS.format(today=now.date()))[1]
    measured = {(scope, currency): figures for scope, currency, *figures in rows}
    found = {}
    for scope, terms in sorted(budget_scopes(bundle).items()):
        if (scope, terms.currency) not in measured:
            raise BudgetError(
                f"budget {scope!r} in {terms.currency} is not in marts.fct_budgets for "
                f"{now:%Y-%m}: run `tollgate build`, which reads finops/config/budgets"
            )
        *costs, covers, unbilled, as_of, is_known = measured[scope, terms.currency]
        if covers != terms.covered:
            raise BudgetError(
                f"budget {scope!r} was measured of {covers}, and finops/config/budgets says "
                f"{terms.covered}: run `tollgate build`"
            )
        if newest is not None and as_of < newest:
            raise BudgetError(
                f"budget {scope!r} was measured on {as_of}, before the costs until {newest} came: "
                "run `tollgate build` to its end"
            )
        if not is_known:
            found[scope] = configured_budget(bundle, scope)
            continue
        spent, forecast, low, high = map(Decimal, costs)
        found[scope] = replace(
            configured_budget(bundle, scope),
            source="measured",
            spent=spent,
            forecast=forecast,
            forecast_low=low,
            forecast_high=high,
            unbilled_covers=unbilled,
        )
    return found
