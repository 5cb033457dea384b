"""One side of a change as the estimate reads it: values by path, or a reason why there is none.

Belongs here: telling set, unset, unknown and sensitive apart. Does not belong here: what a value
costs (`types/`), and how resources refer to each other (`references.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.deployment.changes import SENSITIVE
from policies.deployment.pricing import NotKnown

# No size or rate of a resource comes near it; far above it, sums no longer keep their cents.
LARGEST = Decimal(10) ** 12

# From the name of an attribute to the resource that it refers to, on the same side of the change.
Related = Callable[[str], "Attributes | None"]


def _inside(holder: Any, name: str) -> Any:
    if isinstance(holder, list) and name.isdigit():
        return holder[int(name)] if int(name) < len(holder) else None
    return holder.get(name) if isinstance(holder, Mapping) else None


def _nothing_related(_: str) -> Attributes | None:
    return None


@dataclass(frozen=True)
class Attributes:
    """The values of a resource before a change, or after it.

    Paths are dotted; a block is entered without an index (`root_block_device.volume_size`), and
    `launch_template -> instance_type` is a value of the resource that the attribute refers to.
    """

    values: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    region: str = ""
    related: Related = field(default=_nothing_related, repr=False)

    def get(self, path: str, default: Any = None) -> Any:
        """A value, the default if it is not set; NotKnown if the plan does not tell it."""
        via, _, inner = path.rpartition(" -> ")
        if via:
            other = self.related(via)
            return default if other is None else other.get(inner, default)
        place, value = "", None
        holder: Any = self.values
        for name in path.split("."):
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

    def number(self, path: str, default: str | None = None) -> Decimal:
        """A value as a number that is not negative; NotKnown if it is not set and needed."""
        value = self.get(path, default)
        if value is None:
            raise NotKnown(f"{path} is not set")
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise NotKnown(f"{path} is not a number") from error
        if isinstance(value, bool) or not number.is_finite() or number < 0:
            raise NotKnown(f"{path} is not a number")
        if number > LARGEST:
            raise NotKnown(f"{path} is too large to be true")
        return number

    def blocks(self, name: str) -> list[Attributes]:
        """The blocks of a name, each with its own unknown values; NotKnown if one is not told."""
        entries = self.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
            raise NotKnown(f"{name} is not a list of blocks")
        indexes = {str(index) for index in range(len(entries))}
        for place, inside in self._below(name):
            if place not in indexes or not inside:
                raise NotKnown(f"a block of {name} is only known after the change")
        return [self._block(name, index, entry) for index, entry in enumerate(entries)]

    def _block(self, name: str, index: int, entry: Mapping[str, Any]) -> Attributes:
        inner = frozenset(rest for place, rest in self._below(name) if place == str(index))

        def related(path: str) -> Attributes | None:
            return self.related(f"{name}.{index}.{path}")

        return Attributes(entry, inner, self.region, related)

    def _below(self, name: str) -> Iterator[tuple[str, str]]:
        for path in self.unknown:
            if path.startswith(f"{name}."):
                place, _, inside = path.removeprefix(f"{name}.").partition(".")
                yield place, inside

    def _demand_known(self, place: str) -> None:
        if place in self.unknown:
            raise NotKnown(f"{place} is only known after the change")
