"""The budgets that are configured: scopes with their limits, and which charges each one covers.

Belongs here: reading `finops/config/budgets`, the only place where a limit is written. Does not
belong here: what was spent (the marts) and what is left (`budget.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.bundle import Bundle

CONFIG = "finops/config/budgets"
#: What a scope may choose charges by, as `marts.fct_allocated_costs` tells it: who pays (`owner`),
#: what tags say (`product`, `environment`), and where it was billed.
DIMENSIONS = ("owner", "product", "environment", "provider", "account", "service")

_CURRENCY = re.compile("[A-Z]{3}")
# Without quotes, YAML makes it a binary fraction, which holds no cents.
_REMEDY = 'write it as text, like "1234.56", not negative'


class BudgetError(ValueError):
    """The budget's facts cannot be used; the message names the place and the remedy."""


@dataclass(frozen=True)
class Scope:
    """A budget of each month, in its currency."""

    currency: str
    limit: Decimal
    #: The values that are covered, by dimension; a dimension that is not there is not asked for.
    covers: Mapping[str, tuple[str, ...]]

    @property
    def covered(self) -> str:
        """What is covered as text: the same for the same, by which measurements are told apart."""
        named = {dimension: sorted(values) for dimension, values in sorted(self.covers.items())}
        return json.dumps(named, ensure_ascii=False)


def budget_scopes(bundle: Bundle) -> dict[str, Scope]:
    """The configured scopes, by name; raises `BudgetError` naming the file and the field."""
    document = bundle.document(CONFIG)
    (place, *_) = (
        bundle.root / name for name in bundle.files if name.startswith(f"{CONFIG}/data.")
    )
    scopes = document.get("scopes", {}) if isinstance(document, dict) else None
    try:
        return {str(name): _scope(terms, f"scopes.{name}") for name, terms in _mapped(scopes)}
    except BudgetError as error:
        raise BudgetError(f"{place}: {error}") from error


def _scope(terms: object, field: str) -> Scope:
    given = dict(_mapped(terms, field))
    unknown = sorted(set(given) - {"currency", "monthly_limit", "covers"})
    if unknown:
        raise BudgetError(
            f"{field}.{unknown[0]} is unknown; a scope has currency, monthly_limit and covers"
        )
    currency = given.get("currency")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise BudgetError(f"{field}.currency is not a currency; write its code, like USD")
    covers = dict(_mapped(given.get("covers", {}), f"{field}.covers"))
    return Scope(
        currency,
        amount(given.get("monthly_limit"), f"{field}.monthly_limit"),
        {name: _values(name, values, f"{field}.covers.{name}") for name, values in covers.items()},
    )


def _values(dimension: str, values: object, field: str) -> tuple[str, ...]:
    if dimension not in DIMENSIONS:
        raise BudgetError(f"{field} is unknown; charges are chosen by {', '.join(DIMENSIONS)}")
    if not isinstance(values, list) or not values:
        raise BudgetError(f"{field} names nothing; write a list, or leave it out to cover all")
    for value in values:
        # 012345678901 without quotes is a number, and no account.
        if not isinstance(value, str) or not value:
            raise BudgetError(f"{field} has {value!r}, which is not text; put it in quotes")
    return tuple(dict.fromkeys(values))


def _mapped(value: object, field: str = "scopes") -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise BudgetError(f"{field} is not a mapping; write it as policies/README.md shows")
    return list(value.items())


def amount(value: object, name: str) -> Decimal:
    """An amount that is not negative; one below zero would make room in the budget."""
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            read = Decimal(value)
        except InvalidOperation:
            read = Decimal("NaN")
        # The gate reads up to 18 digits before the point.
        if read.is_finite() and 0 <= read < Decimal(10) ** 15:
            return read
    raise BudgetError(f"{name} is not an amount of money: {_REMEDY}")
