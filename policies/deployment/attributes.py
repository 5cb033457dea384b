"""One side of a change as the estimate reads it: values by path, or a reason why there is none.

Belongs here: telling set, unset, unknown and sensitive apart. Does not belong here: what a value
costs (`types/`), and how resources refer to each other (`references.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.deployment.changes import SENSITIVE
from policies.deployment.pricing import NotKnown

# No size or rate of a resource comes near it; far above it, sums no longer keep their cents.
LARGEST = Decimal(10) ** 12

# From the name of an attribute to the resource that it refers to, on the same side of the change.
Related = Callable[[str], "Attributes | None"]
# Resources beside it that set how much of it runs, by their type: the schedules of a group.
Beside = Callable[[], "Mapping[str, list[Attributes]]"]
# A name that has dots in it, an annotation of Kubernetes, is written with a backslash before each.
_DOT = re.compile(r"(?<!\\)\.")


def _inside(holder: Any, name: str) -> Any:
    if isinstance(holder, list) and name.isdigit():
        return holder[int(name)] if int(name) < len(holder) else None
    return holder.get(name) if isinstance(holder, Mapping) else None


def _nothing_related(_: str) -> Attributes | None:
    return None


def _nothing_beside() -> Mapping[str, list[Attributes]]:
    return {}


def as_number(value: Any, path: str) -> Decimal:
    """A value as a number that is not negative; NotKnown, naming its path, for anything else."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise NotKnown(f"{path} is not a number") from error
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        raise NotKnown(f"{path} is not a number")
    if number > LARGEST:
        raise NotKnown(f"{path} is too large to be true")
    return number


@dataclass(frozen=True)
class Attributes:
    """The values of a resource before a change, or after it.

    Paths are dotted; a block is entered without an index (`root_block_device.volume_size`), and
    `launch_template -> instance_type` is a value of the resource that the attribute refers to;
    `parent -> location` one of what a block stands in.
    """

    values: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    region: str = ""
    related: Related = field(default=_nothing_related, repr=False)
    beside: Beside = field(default=_nothing_beside, repr=False)
    # Names that are not written, and get their value only when the change is made: the provider's
    # default, or blocks of a `dynamic` one whose number nobody knows yet. Plans do not tell which.
    left_out: frozenset[str] = frozenset()

    def hides(self, name: str, *, filled: bool = False) -> bool:
        """Whether the plan does not tell how many blocks of a name there are.

        Of what the provider has `filled` in, that it is left out says nothing.
        """
        via, _, inner = name.rpartition(" -> ")
        other = self.related(via) if via else self
        if other is None:
            return False
        return inner in other.unknown or (inner in other.left_out and not filled)

    def get(self, path: str, default: Any = None) -> Any:
        """A value, the default if it is not set; NotKnown if the plan does not tell it."""
        via, _, inner = path.rpartition(" -> ")
        if via:
            other = self.related(via)
            return default if other is None else other.get(inner, default)
        place, value = "", None
        holder: Any = self.values
        for name in (part.replace("\\.", ".") for part in _DOT.split(path)):
            place = f"{place}.{name}" if place else name
            self._demand_known(place)
            if isinstance(holder, list) and not name.isdigit():
                # A block is a list of one.
                place = f"{place.removesuffix(name)}0.{name}"
                self._demand_known(place.removesuffix(f".{name}"))
                self._demand_known(place)
                holder = holder[0] if holder else None
            value = _inside(holder, name)
            holder = value
            if value == SENSITIVE:
                raise NotKnown(f"{path} is sensitive")
        return default if value is None or value in ("", []) else value

    def every(self, path: str) -> list[Any]:
        """The values at a path of which a `*` stands for each block: none that is not set."""
        if "*" not in path:
            value = self.get(path)
            return value if isinstance(value, list) else [] if value is None else [value]
        return [value for exact in self.expanded(path) for value in self.every(exact)]

    def expanded(self, path: str) -> list[str]:
        """The path once for each block that its first `*` stands for."""
        name, star, rest = path.partition(".*")
        if not star:
            return [path]
        return [f"{name}.{number}{rest}" for number in range(len(self.blocks(name)))]

    def over(self, under: Attributes) -> Attributes:
        """A resource with what this block sets in place of its own; what it refers to stays."""
        told = {name: value for name, value in self.values.items() if value not in (None, "", [])}
        kept = {path for path in under.unknown if path.partition(".")[0] not in told}
        return replace(under, values={**under.values, **told}, unknown=self.unknown | kept)

    def number(self, path: str, default: str | None = None) -> Decimal:
        """A value as a number that is not negative; NotKnown if it is not set and needed."""
        value = self.get(path, default)
        if value is None:
            raise NotKnown(f"{path} is not set")
        return as_number(value, path)

    def blocks(self, name: str) -> list[Attributes]:
        """The blocks of a name, each with its own unknown values; NotKnown if one is not told."""
        entries = self.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
            raise NotKnown(f"{name} is not a list of blocks")
        exact = self._exact(name)
        indexes = {str(index) for index in range(len(entries))}
        for place, inside in self._below(exact):
            if place not in indexes or not inside:
                raise NotKnown(f"a block of {name} is only known after the change")
        return [self._block(exact, index, entry) for index, entry in enumerate(entries)]

    def _exact(self, path: str) -> str:
        """The path with the indexes of the blocks that it leads through, as unknown paths have."""
        names: list[str] = []
        holder: Any = self.values
        for name in path.split("."):
            if isinstance(holder, list) and not name.isdigit():
                names.append("0")
                holder = holder[0] if holder else None
            names.append(name)
            holder = _inside(holder, name)
        return ".".join(names)

    def _block(self, exact: str, index: int, entry: Mapping[str, Any]) -> Attributes:
        inner = frozenset(rest for place, rest in self._below(exact) if place == str(index))

        def related(path: str) -> Attributes | None:
            return self if path == "parent" else self.related(f"{exact}.{index}.{path}")

        return Attributes(entry, inner, self.region, related)

    def _below(self, exact: str) -> Iterator[tuple[str, str]]:
        for path in self.unknown:
            if path.startswith(f"{exact}."):
                place, _, inside = path.removeprefix(f"{exact}.").partition(".")
                yield place, inside

    def _demand_known(self, place: str) -> None:
        if place in self.unknown:
            raise NotKnown(f"{place} is only known after the change")
