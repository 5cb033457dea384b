"""Evaluates a mapping on one side of a change: which SKUs, how much of each, at which price.

Belongs here: the small engine behind `types/`. Does not belong here: what a change makes of it
(`estimate.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from policies.deployment.attributes import Attributes
from policies.deployment.blocks import unpriced, unread
from policies.deployment.configuration import UNKNOWN_REGION
from policies.deployment.costs import Costs, Part, dearest
from policies.deployment.mapping import NAMED, TypeRule, WithRule, as_text, is_number, type_rules
from policies.deployment.pricing import (
    EVERYWHERE,
    Amount,
    NotKnown,
    NotMapped,
    NotPriced,
    PriceBook,
    Sku,
)
from policies.deployment.scaling import scaled, zones
from policies.deployment.shapes import SHAPES
from policies.deployment.steps import stepped
from policies.deployment.usage import Usage

ONE = Amount.exactly(1)


@dataclass(frozen=True)
class Machines:
    """The names of the machine types that a resource runs on, and of accelerators beside them."""

    types: frozenset[str] = frozenset()
    accelerators: frozenset[str] = frozenset()

    def __or__(self, other: Machines) -> Machines:
        return Machines(self.types | other.types, self.accelerators | other.accelerators)


@dataclass(frozen=True)
class Subject:
    """Whose use is looked up: type and address in the usage file, the ids in the history."""

    type: str
    address: str
    identities: frozenset[str]


def evaluate(
    resource_type: str, attributes: Attributes, subject: Subject, book: PriceBook, usage: Usage
) -> Costs:
    """What a resource pays for a month; NotPriced or NotKnown says why that cannot be told."""
    rule = type_rules().get(resource_type)
    if rule is None or "." in resource_type:
        raise NotMapped(f"{resource_type} has no mapping")
    if rule.is_sold and not rule.everywhere and attributes.region in ("", UNKNOWN_REGION):
        raise NotKnown("the region is not known; set it in the provider block")
    costs = _Evaluation(rule, attributes, subject, book, usage).costs()
    if not costs.parts and not costs.notes:
        raise NotPriced("nothing of it is among the priced parts")
    return costs


def machines(resource_type: str, attributes: Attributes) -> Machines:
    """What a resource runs on, whether it has a price or not; NotKnown if the plan hides it."""
    rule = type_rules().get(resource_type)
    if rule is None:
        return Machines()
    nobody = Subject(resource_type, "", frozenset())
    return _Evaluation(rule, attributes, nobody, PriceBook((), ""), Usage()).machines()


class _Evaluation:
    """One mapping on one set of attributes; values are worked out when they are asked for."""

    def __init__(
        self, rule: TypeRule, at: Attributes, subject: Subject, book: PriceBook, usage: Usage
    ) -> None:
        self.rule, self.at, self.subject = rule, at, subject
        self.book, self.usage = book, usage
        self._values: dict[str, Any] = {}
        self._basis: dict[str, str] = {}

    def costs(self) -> Costs:
        for name, refused in self.rule.refuse.items():
            if as_text(self.value(name)) in refused:
                raise NotPriced(f"{name} {as_text(self.value(name))} is not among the priced ones")
        parts = [self._part(part) for part in self.rule.parts
                 if self.holds(part.when) and not self._any(part.unless)]  # fmt: skip
        notes = [text for when, text in self.rule.notes if self.holds(when)]
        notes += self._assumed()
        missing = [
            o.text for o in self.rule.opens if self.holds(o.when) and not self._any(o.unless)
        ]
        missing += [*unread(self.rule, self.at), *unpriced(self.rule, self.at)]
        for other in self._held():
            for inner in self._others(other):
                parts += inner.parts
                notes += inner.notes
                missing += inner.missing
        costs = Costs(tuple(parts), tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(missing)))
        return costs.times(self._product(self.rule.times)) if self.rule.times else costs

    def machines(self) -> Machines:
        """The values of `machine` and `accelerator`, here and in all that it is made of."""
        found = Machines(
            # Google takes a type by its address as well, whose end is its name.
            frozenset(as_text(self.value(n)).rpartition("/")[2] for n in self.rule.machine),
            frozenset(as_text(self.value(name)) for name in self.rule.accelerator),
        )
        for other in self._held():
            for inner in self._inner(other):
                found |= inner.machines()
        return found

    def _part(self, rule: Any) -> Part:
        sku = Sku(
            self.rule.provider,
            rule.service,
            self._filled(rule.meter),
            self._filled(rule.variant),
            EVERYWHERE if self.rule.everywhere else self.at.region,
            self._filled(rule.purchase),
        )
        price = self.book.price(sku, rule.unit)
        quantity = self._product(rule.quantity)
        bases = [self._basis[n] for n in rule.quantity if n in self._basis]
        # One factor that a file states makes the product its word.
        basis = "file" if "file" in bases else next(iter(bases), "plan")
        if basis == "range":
            for identity in self.subject.identities:
                seen = self.usage.history.get((identity, sku.service, sku.meter))
                if seen is not None:
                    quantity, basis = seen, "history"
                    for name in rule.quantity:
                        self._basis.pop(name, None)
        return Part(rule.name, sku, rule.unit, quantity, basis, price)

    def _held(self) -> list[WithRule]:
        return [other for other in self.rule.others
                if self.holds(other.when) and not self._any(other.unless)]  # fmt: skip

    def _others(self, other: WithRule) -> list[Costs]:
        """The costs of each of the other mapping's resources; of a choice the dearest alone."""
        times, inner = self._product(other.times), self._inner(other)
        is_choice = other.choice or any("*" in path for path in other.of)
        costs = []
        for evaluation in inner:
            found = evaluation.costs().times(times)
            costs.append(found.times(ONE / evaluation.weight(other)) if is_choice else found)
        return [dearest(costs)] if is_choice and len(costs) > 1 else costs

    def weight(self, other: WithRule) -> Decimal:
        """How many of the units that are asked for one machine counts for."""
        return self.at.number(other.weight, "1") if other.weight else Decimal(1)

    def _inner(self, other: WithRule) -> list[_Evaluation]:
        if other.unknown and self.at.hides(other.blocks, filled=other.filled):
            return [self._of(other.unknown, Attributes({}, region=self.at.region))]
        sides = self._chosen(other, self._referred(other) if other.of else self._blocks(other))
        return [self._of(other.type, at) for at in sides]

    def _of(self, mapping: str, at: Attributes) -> _Evaluation:
        return _Evaluation(type_rules()[mapping], at, self.subject, self.book, self.usage)

    def _blocks(self, other: WithRule) -> list[Attributes]:
        if other.blocks == "*":
            return [self.at]
        sides = self.at.blocks(other.blocks)
        if not sides and other.default is not None:
            return [Attributes(other.default, frozenset(), self.at.region)]
        return sides

    def _referred(self, other: WithRule) -> list[Attributes]:
        """What the first path leads to that leads anywhere; all that it does, with a `*`."""
        for path in other.of:
            found = [self.at.related(exact) for exact in self.at.expanded(path)]
            if any(found):
                if not all(found):
                    break
                return [replace(side, region=self.at.region) for side in found if side]
        raise NotKnown(f"what {' or '.join(other.of)} refers to is not in the plan")

    def _chosen(self, other: WithRule, sides: list[Attributes]) -> list[Attributes]:
        """Each with each of the values or blocks that may stand in its place."""
        chosen = self.at.get(other.choice) if other.choice else None
        if not isinstance(chosen, list):
            return sides
        if any(isinstance(entry, str) for entry in chosen):
            name = other.choice.removesuffix("s")
            blocks = [Attributes({name: entry}) for entry in chosen]
        else:
            blocks = self.at.blocks(other.choice)
        return [block.over(side) for side in sides for block in blocks]

    def holds(self, when: Mapping[str, frozenset[str]]) -> bool:
        return all(as_text(self.value(name)) in allowed for name, allowed in when.items())

    def _any(self, unless: Mapping[str, frozenset[str]]) -> bool:
        return any(as_text(self.value(name)) in values for name, values in unless.items())

    def _filled(self, template: str) -> str:
        if "{" not in template:
            return template
        return re.sub(r"\{(\w+)\}", lambda match: as_text(self.value(match[1])), template)

    def _product(self, factors: Sequence[str]) -> Amount:
        product = ONE
        for factor in factors:
            value = Decimal(factor) if is_number(factor) else self.value(factor)
            product = product * (value if isinstance(value, Amount) else _exact(factor, value))
        return product

    def value(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = self._work_out(name, self.rule.let[name])
        return self._values[name]

    def _work_out(self, name: str, spec: Mapping[str, Any]) -> Any:
        if "usage" in spec:
            return self._used(name, spec)
        if "get" in spec:
            return self._text(name, spec)
        if "else" in spec:
            return self._counted(name, spec)
        if "count" in spec:
            return self._number_of(name, spec)
        return self._figure(spec)

    def _counted(self, name: str, spec: Mapping[str, Any]) -> Amount:
        """How many a list has; a range where the plan does not tell."""
        with suppress(NotKnown):
            if isinstance(found := self.at.get(spec["count"]), list):
                return Amount.exactly(Decimal(len(found)))
        self._basis[name] = "range"
        return Amount(*(Decimal(text) for text in spec["else"]))

    def _number_of(self, name: str, spec: Mapping[str, Any]) -> Amount | Decimal:
        """How many blocks there are; a range where the plan does not tell, if there is one."""
        path, more = spec["count"], spec.get("plus", 0)
        if "unknown" not in spec or not self.at.hides(path):
            return Decimal(len(self.at.blocks(path)) + more)
        self._basis[name] = "range"
        return Amount(*(Decimal(text) + more for text in spec["unknown"]))

    def _figure(self, spec: Mapping[str, Any]) -> Any:
        """What needs no name: a number, a range of numbers, a constant, a part of a shape."""
        if "range" in spec:
            low, likely, high = (
                self._first_number(spec["range"][key], spec.get("default"))
                for key in ("low", "likely", "high")
            )
            amount = Amount(min(low, likely), likely, max(likely, high))
            return scaled(amount, spec["scaled"], self.at) if "scaled" in spec else amount
        if "is" in spec:
            return as_text(spec["is"])
        if "zones" in spec:
            return zones(self.at, spec)
        if "shape" in spec:
            function, key = spec["shape"]
            shape = SHAPES[function](as_text(self.value(spec["of"])))
            return shape.get(key, "")
        named = {key: self.value(spec[key]) for key in NAMED if spec.get(key) in self.rule.let}
        return stepped(self._first_number(spec["number"], spec.get("default")), {**spec, **named})

    def _text(self, name: str, spec: Mapping[str, Any]) -> str:
        found = self._first(spec["get"])
        if found is None:
            found = spec.get("default")
        if found is None:
            raise NotKnown(f"{name} is not set")
        if isinstance(found, list) and not any(isinstance(entry, Mapping) for entry in found):
            found = ",".join(sorted(as_text(entry) for entry in found))
        if isinstance(found, list | Mapping):
            found = True
        text = as_text(found)
        if spec.get("lower"):
            text = text.lower()
        for pattern, replacement in spec.get("replace", []):
            text = re.sub(pattern, replacement, text)
        if "map" in spec:
            mapped = spec["map"].get(text, spec["map"].get("*"))
            if mapped is None:
                raise NotPriced(f"{name} {text} is not among the priced ones")
            return as_text(mapped)
        return text

    def _used(self, name: str, spec: Mapping[str, Any]) -> Amount:
        stated = self.usage.stated(self.subject.type, self.subject.address, name)
        self._basis[name] = "range" if stated is None else "file"
        if stated is not None:
            return stated
        low, likely, high = (Decimal(str(text)) for text in spec["usage"])
        return Amount(low, likely, high)

    def _assumed(self) -> list[str]:
        """One note of all that is a range, since no plan tells it."""
        told = []
        for name in (name for name, basis in self._basis.items() if basis == "range"):
            amount, about = self._values[name], self.rule.let[name].get("about", name)
            told.append(f"{amount.likely:,} {about} ({amount.low:,} to {amount.high:,})")
        return [f"assumes per month {', '.join(told)}"] if told else []

    def _first(self, paths: Any) -> Any:
        for path in _listed(paths):
            if "*" in path:
                found = ",".join(sorted({as_text(value) for value in self.at.every(path)})) or None
            else:
                found = self.at.get(path)
            if found is not None:
                return found
        return None

    def _first_number(self, paths: Any, default: Any) -> Decimal:
        listed = _listed(paths)
        for path in listed:
            if self.at.get(path) is not None:
                return self.at.number(path)
        return self.at.number(listed[-1], None if default is None else str(default))


def _listed(paths: Any) -> list[str]:
    return paths if isinstance(paths, list) else [paths]


def _exact(name: str, value: Any) -> Amount:
    try:
        return Amount.exactly(Decimal(value))
    except ArithmeticError as error:
        raise NotKnown(f"{name} is not a number") from error
