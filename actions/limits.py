"""What was already acted on, from the journal: the facts that the gate's limits are about.

Belongs here: counting. Every started plan counts, finished or not, undone or not.
Does not belong here: the limits themselves (the policies' configuration).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from actions import journal
from actions.errors import Refused
from actions.models import LARGEST_AMOUNT, Plan, in_range

STARTED = "apply_started"
# Keys of the evidence that state what the resource costs per month, in the saving's currency.
COST_KEYS = ("monthly_effective_cost", "monthly_cost")


@dataclass(frozen=True)
class Use:
    """One plan that was started (or, in a dry run, would have been)."""

    plan_id: str
    run_id: str
    owner: str
    day: str
    currency: str
    amount: Decimal


def affected_cost(plan: Plan) -> Decimal:
    """The monthly cost that depends on the plan's resource: never less than it could save.

    Raises `Refused` if the evidence states a cost that cannot be read: one that is passed over
    would count as none.
    """
    stated = [_stated_cost(plan, key) for key in COST_KEYS if plan.evidence.get(key) is not None]
    return max(Decimal(0), plan.saving.high, plan.saving.monthly, *stated)


def require_countable(plan: Plan) -> None:
    """Raise `Refused` unless every amount of the plan can be counted against the limits."""
    for amount in (plan.saving.low, plan.saving.high, plan.saving.monthly, affected_cost(plan)):
        _text(amount)


def use_of(plan: Plan, run_id: str, now: datetime) -> Use:
    """What starting `plan` now uses up."""
    return Use(
        plan.plan_id,
        run_id,
        plan.owner or "",
        now.astimezone(UTC).date().isoformat(),
        plan.saving.currency,
        affected_cost(plan),
    )


def as_detail(use: Use) -> dict[str, Any]:
    """The journal's form of a use; `uses_of_journal` reads it back."""
    return {"owner": use.owner, "currency": use.currency, "amount": format(use.amount, "f")}


def uses_of_journal(store: sa.Engine) -> list[Use]:
    """Every plan ever started, once per start."""
    return [
        Use(
            str(event.plan_id),
            event.run_id,
            event.detail["owner"],
            event.at[:10],
            event.detail["currency"],
            Decimal(event.detail["amount"]),
        )
        for event in journal.read(store, kinds=[STARTED])
    ]


def run_facts(plan: Plan, run_id: str, now: datetime, uses: list[Use]) -> dict[str, Any]:
    """The gate's `run` facts: what came before this plan, and what this plan would add."""
    this = use_of(plan, run_id, now)
    others = [use for use in uses if use.plan_id != plan.plan_id]
    in_run = [use for use in others if use.run_id == run_id]
    today = [use for use in others if use.owner == this.owner and use.day == this.day]
    return {
        "actions_in_run": len(in_run),
        "dollars_in_run": _sum(in_run, this.currency),
        "actions_owner_today": len(today),
        "dollars_owner_today": _sum(today, this.currency),
        "affected_monthly_cost": _text(this.amount),
    }


def _sum(uses: list[Use], currency: str) -> str:
    return _text(sum((use.amount for use in uses if use.currency == currency), Decimal(0)))


def _stated_cost(plan: Plan, key: str) -> Decimal:
    value = plan.evidence[key]
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise Refused(
            f"the evidence of plan {plan.plan_id} states {key} {value!r}, which is not a decimal "
            "such as 9000.00; correct the proposal and plan again"
        )
    return amount


def _text(amount: Decimal) -> str:
    if not in_range(amount):
        raise Refused(
            f"the amount {amount} is beyond {LARGEST_AMOUNT:,f} a month and cannot be counted "
            "against the limits; correct the proposal and plan again"
        )
    # Twelve decimals is what the gate reads; rounding up never loosens a limit.
    return format(amount.quantize(Decimal("1e-12"), rounding="ROUND_UP").normalize(), "f")
