"""What a budget has left, as facts for the gate.

Belongs here: putting limit, spend and forecast together, from configuration, options or a file.
Does not belong here: the configuration's form (`budget_scopes.py`), how spend and forecast are
measured (the marts) and whether they suffice (the policies).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from policies.bundle import Bundle
from policies.deployment.budget_scopes import BudgetError, amount, budget_scopes


@dataclass(frozen=True)
class Budget:
    """One scope's budget of the month; build it with `configured_budget` or `read_budget`."""

    scope: str
    currency: str
    monthly_limit: Decimal
    spent: Decimal
    forecast: Decimal
    # "measured" (from the marts), "stated" (by a person) or "not_known" (then nothing is spent).
    source: str
    # The ends of the forecast's 80 % band, where it was measured.
    forecast_low: Decimal | None = None
    forecast_high: Decimal | None = None
    # What it names that is in no bill, as people read it.
    unbilled_covers: str | None = None
    # What a configured scope covers: `Scope.covered`.
    covers: str = ""

    @property
    def remaining(self) -> Decimal:
        """The limit less what is spent or will be, whichever is more."""
        return self.monthly_limit - max(self.spent, self.forecast)

    def to_dict(self) -> dict[str, str]:
        """As the gate reads it."""
        return {
            "scope": self.scope,
            "currency": self.currency,
            "source": self.source,
            "monthly_limit": f"{self.monthly_limit:.2f}",
            "spent": f"{self.spent:.2f}",
            "forecast": f"{self.forecast:.2f}",
            # From the rounded figures, so that they add up for whoever reads them.
            "remaining": f"{self._rounded_remaining():.2f}",
            **self._band(),
            **({"unbilled_covers": self.unbilled_covers} if self.unbilled_covers else {}),
        }

    def _band(self) -> dict[str, str]:
        if self.forecast_low is None or self.forecast_high is None:
            return {}
        low, high = f"{self.forecast_low:.2f}", f"{self.forecast_high:.2f}"
        return {"forecast_low": low, "forecast_high": high}

    def _rounded_remaining(self) -> Decimal:
        used = max(Decimal(f"{self.spent:.2f}"), Decimal(f"{self.forecast:.2f}"))
        return Decimal(f"{self.monthly_limit:.2f}") - used


def configured_budget(
    bundle: Bundle,
    scope: str = "default",
    *,
    monthly_limit: str | None = None,
    spent: str | None = None,
    forecast: str | None = None,
) -> Budget:
    """The budget of a scope, its limit from the bundle unless given.

    Of spend and forecast, the one that is missing is taken to be the other; if both are, nothing
    is known and the gate is told so.
    """
    scopes = budget_scopes(bundle)
    terms = scopes.get(scope)
    if terms is None:
        known = ", ".join(sorted(scopes)) or "none"
        raise BudgetError(
            f"budget {scope!r} is not in finops/config/budgets (there: {known}); "
            "add it there, or choose another one with --budget"
        )
    used = [amount(text, name) for name, text in (("spent", spent), ("forecast", forecast)) if text]
    return Budget(
        scope=scope,
        currency=terms.currency,
        monthly_limit=amount(monthly_limit, "monthly_limit") if monthly_limit else terms.limit,
        spent=amount(spent, "spent") if spent else max(used, default=Decimal(0)),
        forecast=amount(forecast, "forecast") if forecast else max(used, default=Decimal(0)),
        source="stated" if used else "not_known",
        covers=terms.covered,
    )


def budget_of_card(bundle: Bundle, scope: str, facts: Mapping[str, Any], month: str) -> Budget:
    """The budget of a scope as a rate card has measured it, its limit still from the bundle.

    A card of another month knows nothing of this one; one that measured other charges than the
    scope covers now is a `BudgetError`.
    """
    configured = configured_budget(bundle, scope)
    for entry in facts.get("budgets", []):
        if (entry["scope"], entry["month"]) != (scope, month):
            continue
        if entry["currency"] != configured.currency:
            raise BudgetError(
                f"the rate card has budget {scope!r} in {entry['currency']}, finops/config/budgets "
                f"in {configured.currency}; export it again"
            )
        if entry["covers"] != configured.covers:
            raise BudgetError(
                f"the rate card measured budget {scope!r} of {entry['covers']}, and "
                f"finops/config/budgets says {configured.covers}; build and export it again"
            )
        spent, forecast, low, high = (
            _signed(entry[name], name)
            for name in ("spent", "forecast", "forecast_low", "forecast_high")
        )
        return replace(
            configured,
            source="measured",
            spent=spent,
            forecast=forecast,
            forecast_low=low,
            forecast_high=high,
            unbilled_covers=entry.get("unbilled_covers"),
        )
    return configured


def read_budget(path: Path) -> Budget:
    """A budget measured elsewhere: JSON with scope, currency, monthly_limit, spent, forecast."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise BudgetError(f"{path}: cannot be read ({error.strerror}); give its path") from error
    except ValueError as error:
        raise BudgetError(f"{path}: not JSON ({error}); write it as the README shows") from error
    if not isinstance(document, dict):
        raise BudgetError(f"{path}: not an object; write it as policies/README.md shows")
    for name in ("scope", "currency"):
        if not isinstance(document.get(name), str) or not document[name]:
            raise BudgetError(f"{path}: {name} is missing; write it as policies/README.md shows")
    try:
        limit, spent, forecast = (
            amount(document.get(n), n) for n in ("monthly_limit", "spent", "forecast")
        )
    except BudgetError as error:
        raise BudgetError(f"{path}: {error}") from error
    return Budget(
        scope=document["scope"],
        currency=document["currency"],
        source="measured",
        monthly_limit=limit,
        spent=spent,
        forecast=forecast,
    )


def _signed(value: object, name: str) -> Decimal:
    """An amount that may be below zero: credits can be larger than what is spent."""
    text = str(value)
    return -amount(text[1:], name) if text.startswith("-") else amount(text, name)
