"""What is left of a budget, measured in the marts: spent so far, and forecast for the month.

Belongs here: reading the facts that the deployment gate decides on. The limit itself is policy
(`policies/rego/finops/config/budgets`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from orchestration.warehouse import Warehouse
from policies.bundle import read_bundle
from policies.deployment.budget import Budget, configured_budget

_SPENT = """
select coalesce(sum(effective_cost), 0), max(charge_date) from marts.fct_daily_costs
where billing_currency = '{currency}' and charge_category = 'Usage'
  and charge_date >= date '{first}' and charge_date < date '{end}'
"""
_AHEAD = """
select coalesce(sum(p50), 0) from marts.fct_forecasts
where billing_currency = '{currency}' and ds > date '{known}' and ds < date '{end}'
"""


def measure_budget(warehouse: Warehouse, now: datetime, scope: str = "default") -> Budget:
    """The scope's budget of the month that `now` lies in: usage cost of all providers.

    Only the budget's own currency counts: currencies are never added.
    """
    terms = configured_budget(read_bundle(), scope)
    first = now.date().replace(day=1)
    end = (first + timedelta(days=32)).replace(day=1)
    values = {"currency": terms.currency, "first": first, "end": end}
    ((spent, known),) = warehouse.read(_SPENT.format(**values))[1]
    ((ahead,),) = warehouse.read(_AHEAD.format(**values, known=known or _day_before(first)))[1]
    return Budget(
        scope=scope,
        currency=terms.currency,
        monthly_limit=terms.monthly_limit,
        spent=Decimal(spent),
        forecast=Decimal(spent) + Decimal(ahead),
        source="measured",
    )


def _day_before(day: date) -> date:
    return day - timedelta(days=1)
