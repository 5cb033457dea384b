"""What may count as saved: nothing that rests on use which only the change's own files state.

Belongs here: taking such savings out of one line, and saying what of it rests on a usage file.
Does not belong here: prices and quantities (`evaluation.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from policies.deployment.changes import ResourceChange
from policies.deployment.costs import Costs, Part
from policies.deployment.mapping import as_text, type_rules
from policies.deployment.pricing import ZERO, Amount, Sku
from policies.deployment.usage import Usage

NOT_SHOWN = "no saving is counted for use that no bill shows"
NOT_RUNNING = "no saving is counted for hours of what is switched off"
_HOURS = ("hour", "gb_hour")
NOT_STATED = "no saving is counted for use that a usage file states"


def measured(usage: Usage) -> Usage:
    """What bills have shown of use, without what a usage file states."""
    return Usage(history=usage.history)


def of_what_is_off(change: ResourceChange, before: Costs, after: Costs) -> tuple[Costs, Costs]:
    """Both sides, the first without the hours of what is switched off, which no bill has.

    What is updated and needs as many hours as before stays off; else it is taken to run.
    """
    stays = change.actions == ("update",) and _hours(before) == _hours(after)
    if stays or not _is_off(change):
        return before, after
    parts = tuple(
        replace(part, quantity=ZERO) if part.unit in _HOURS else part for part in before.parts
    )
    return replace(before, parts=parts), replace(after, notes=(*after.notes, NOT_RUNNING))


def _is_off(change: ResourceChange) -> bool:
    rule, values = type_rules().get(change.type), change.before or {}
    told = rule.stopped.items() if rule else ()
    return any(as_text(values.get(name)) in stopped for name, stopped in told)


def _hours(costs: Costs) -> list[tuple[Sku, Amount]]:
    return [(part.sku, part.quantity) for part in costs.parts if part.unit in _HOURS]


def of_what_goes(before: Costs) -> Costs:
    """The costs that end with a resource: its plan's, and those of the use that bills have shown.

    `before` is worked out with `measured` use, so what is left to assume is in no bill.
    """
    if not any(part.basis == "range" for part in before.parts):
        return before
    parts = tuple(
        replace(part, quantity=ZERO) if part.basis == "range" else part for part in before.parts
    )
    notes = (*(n for n in before.notes if not n.startswith("assumes ")), NOT_SHOWN)
    return replace(before, parts=parts, notes=notes)


def of_what_stays(before: Costs, after: Costs) -> tuple[Costs, Costs]:
    """Both sides, the first with no more cost of stated use than the second has."""
    stated = replace(after, notes=(*after.notes, *_stated(after)))
    was, will = _of_file(before), _of_file(after)
    share = Amount(*(_share(getattr(was, end), getattr(will, end)) for end in _ENDS))
    if share == _WHOLE:
        return before, stated
    parts = tuple(
        replace(part, quantity=part.quantity * share) if part.basis == "file" else part
        for part in before.parts
    )
    return replace(before, parts=parts), replace(stated, notes=(*stated.notes, NOT_STATED))


_ENDS = ("low", "likely", "high")
_WHOLE = Amount.exactly(1)


def _stated(costs: Costs) -> Iterator[str]:
    for part in costs.parts:
        if part.basis == "file":
            yield f"{part.name}: {as_text(part.quantity.likely)} {part.unit} by the usage file"


def _of_file(costs: Costs) -> Amount:
    total = ZERO
    for part in costs.parts:
        total = total + _cost_of_file(part)
    return total


def _cost_of_file(part: Part) -> Amount:
    return part.cost if part.basis == "file" else ZERO


def _share(was: Decimal, will: Decimal) -> Decimal:
    return will / was if was > will else Decimal(1)
