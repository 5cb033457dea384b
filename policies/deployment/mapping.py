"""What each resource type pays for, as data: `types/<provider>/*.yaml`, read and checked.

Belongs here: the form of a mapping. Does not belong here: evaluating it (`evaluation.py`), prices.
The form is shown in `README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from policies.deployment.units import PLAIN_UNITS

TYPES = Path(__file__).resolve().parent / "types"
# A value's name in a template.
PLACE = re.compile(r"\{(\w+)\}")
_VALUE_KEYS = {
    "get": {"get", "default", "map", "replace", "lower"},
    "number": {"number", "default", "minus", "divide", "round_up", "steps", "at_least"},
    "range": {"range", "default", "scaled"},
    "usage": {"usage", "about", "unit"},
    "shape": {"shape", "of"},
    "count": {"count", "plus", "else", "unknown", "about"},
    "zones": {"zones", "location"},
    "is": {"is"},
}
_TYPE_KEYS = {
    "like", "let", "refuse", "parts", "with", "times", "notes", "show", "lifecycle", "billed",
    "free", "open", "costs", "machine", "accelerator", "scales", "everywhere",
    "stopped",
}  # fmt: skip
_ELSEWHERE = "elsewhere"
# What of a number may be another value's name.
NAMED = ("minus", "at_least")
_PART_KEYS = {"name", "sku", "unit", "quantity", "when", "unless", "purchase"}
_WITH_KEYS = {"type", "blocks", "of", "default", "times", "when", "unless", "choice", "weight",
              "unknown", "filled"}  # fmt: skip
_OPEN_KEYS = {"when", "unless", "text"}


class MappingError(ValueError):
    """A mapping is not of the form that the engine reads; the message names type and place."""


@dataclass(frozen=True)
class PartRule:
    """One thing that a resource pays for."""

    name: str
    service: str
    meter: str
    variant: str
    unit: str
    quantity: tuple[str, ...]
    when: Mapping[str, frozenset[str]]
    unless: Mapping[str, frozenset[str]]
    purchase: str


@dataclass(frozen=True)
class WithRule:
    """Parts of another mapping, for blocks of a resource or for what it refers to."""

    type: str
    blocks: str
    of: tuple[str, ...]
    default: Mapping[str, Any] | None
    times: tuple[str, ...]
    when: Mapping[str, frozenset[str]]
    unless: Mapping[str, frozenset[str]]
    # What it may be instead: blocks, or an attribute with a list, whose values replace its own; and
    # which of these values says how many units one of it counts for.
    choice: str = ""
    weight: str = ""
    # The mapping that stands in for blocks that the plan does not tell; whether the provider fills
    # in such blocks by itself, so that what is left out says nothing.
    unknown: str = ""
    filled: bool = False


@dataclass(frozen=True)
class OpenRule:
    """A cost that no part has, where attributes show that there is one."""

    when: Mapping[str, frozenset[str]]
    unless: Mapping[str, frozenset[str]]
    text: str


@dataclass(frozen=True)
class LifecycleRule:
    """Where the rules for a store's old objects stand: its own block, or resources that refer to
    it, by their type, through the attribute named."""

    block: str
    beside: Mapping[str, str]


@dataclass(frozen=True)
class TypeRule:
    """All that one resource type pays for."""

    type: str
    provider: str
    let: Mapping[str, Mapping[str, Any]]
    refuse: Mapping[str, frozenset[str]]
    parts: tuple[PartRule, ...]
    others: tuple[WithRule, ...]
    times: tuple[str, ...]
    notes: tuple[tuple[Mapping[str, frozenset[str]], str], ...]
    show: tuple[str, ...] = field(default=())
    lifecycle: LifecycleRule | None = None
    # Where the ids are of what is billed with it; or that bills have only ids that no state holds.
    billed: tuple[str, ...] = field(default=())
    billed_elsewhere: bool = False
    # Blocks that cost nothing by themselves, by dotted path, with all that is in them.
    free: frozenset[str] = frozenset()
    opens: tuple[OpenRule, ...] = ()
    # Attributes that cost and have no part, by path, with the values that cost nothing; none does
    # that is not set, 0 or false.
    costs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # The values that name its machine type, and the accelerators that are attached to it.
    machine: tuple[str, ...] = ()
    accelerator: tuple[str, ...] = ()
    # Attributes that say that it does not run, so that its hours cost nothing now.
    stopped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Sold at one price in all regions, and in none.
    everywhere: bool = False
    # It costs nothing but by what it scales: the attribute that names it, and the types it may be.
    scales: tuple[str, frozenset[str]] | None = None

    @cached_property
    def reads(self) -> frozenset[str]:
        """The dotted paths of its own attributes that the estimate reads."""
        found = {path for value in self.let.values() for path in _read(value)}
        found |= {path for other in self.others for path in (other.blocks, other.choice, *other.of)}
        found |= {self.lifecycle.block} if self.lifecycle else set()
        return frozenset(path.partition(" -> ")[0].replace(".*", "") for path in found if path)

    @cached_property
    def refers(self) -> frozenset[str]:
        """The paths that name other resources by whose values it is priced."""
        told = (path.partition(" -> ") for value in self.let.values() for path in _read(value))
        others = {first for first, arrow, _ in told if arrow and first != "parent"}
        return frozenset(others.union(*(other.of for other in self.others)))

    @property
    def is_sold(self) -> bool:
        """Whether it has a price of its own, which depends on the region."""
        return bool(self.parts or self.others)

    @property
    def usages(self) -> frozenset[str]:
        """The names that a usage file may give for the type."""
        own = frozenset(name for name, value in self.let.items() if "usage" in value)
        named = (name for other in self.others for name in (other.type, other.unknown) if name)
        return own.union(*(type_rules()[name].usages for name in named))


@cache
def type_rules() -> Mapping[str, TypeRule]:
    """Every mapping by resource type; those with a dot are parts of others."""
    found: dict[str, TypeRule] = {}
    for path in sorted(TYPES.glob("*/*.yaml")):
        document, provider = load_yaml(path), path.parent.name
        for name, entry in document.items():
            key = _key(provider, name)
            if key in found:
                raise MappingError(f"{path}: {name} is mapped twice")
            found[key] = _type(key, provider, _merged(document, name, entry, path), path)
    return found


@cache
def scalers() -> Mapping[str, TypeRule]:
    """The types that cost nothing but by what they scale."""
    return {name: rule for name, rule in type_rules().items() if rule.scales}


def _read(value: Mapping[str, Any]) -> Iterator[str]:
    """The paths that a value of `let` is worked out from."""
    for key in ("get", "number", "count"):
        yield from _names(value.get(key))
    for paths in value.get("range", {}).values():
        yield from _names(paths)
    yield from (source["named"] for source in value.get("zones", []))


def _key(provider: str, name: str) -> str:
    """Parts of other mappings have a name of their provider's own."""
    return f"{provider}.{name}" if name.startswith("_") else name


def load_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds an object."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (safe ones)
    if not isinstance(loaded, dict):
        raise MappingError(f"{path}: not an object")
    return loaded


def _merged(
    document: Mapping[str, Any], name: str, entry: Mapping[str, Any], path: Path
) -> dict[str, Any]:
    """An entry on top of the one that it is `like`: values are overridden, lists replaced, but
    what is free and what costs is that of both."""
    if not isinstance(entry, Mapping) or set(entry) - _TYPE_KEYS:
        raise MappingError(f"{path}: {name} has unknown keys, allowed: {sorted(_TYPE_KEYS)}")
    base = entry.get("like")
    if base is None:
        return dict(entry)
    if base not in document:
        raise MappingError(f"{path}: {name} is like {base}, which is not in the same file")
    under = _merged(document, base, document[base], path)
    let = {**under.get("let", {}), **entry.get("let", {})}
    free = [*under.get("free", []), *entry.get("free", [])]
    costs = {**under.get("costs", {}), **entry.get("costs", {})}
    return {**under, **entry, "let": let, "free": free, "costs": costs}


def _type(name: str, provider: str, entry: Mapping[str, Any], path: Path) -> TypeRule:
    where = f"{path}: {name}"
    let = entry.get("let", {})
    for key, value in let.items():
        _check_value(f"{where}.let.{key}", value)
    rule = TypeRule(
        type=name,
        provider=provider,
        let=let,
        refuse=_conditions(entry.get("refuse")),
        parts=tuple(_part(where, part) for part in entry.get("parts", [])),
        others=tuple(_other(where, provider, other) for other in entry.get("with", [])),
        times=_names(entry.get("times")),
        notes=tuple((_conditions(n.get("when")), n["text"]) for n in entry.get("notes", [])),
        show=tuple(entry.get("show", [])),
        lifecycle=_lifecycle(where, entry.get("lifecycle")),
        billed=() if entry.get("billed") == _ELSEWHERE else _names(entry.get("billed")),
        billed_elsewhere=entry.get("billed") == _ELSEWHERE,
        free=frozenset(_names(entry.get("free"))),
        opens=tuple(_open(where, open_) for open_ in entry.get("open", [])),
        costs=_conditions(entry.get("costs")),
        machine=_names(entry.get("machine")),
        accelerator=_names(entry.get("accelerator")),
        everywhere=entry.get("everywhere") is True,
        stopped=_conditions(entry.get("stopped")),
        scales=_scales(where, entry.get("scales")),
    )
    unknown = set(_used(rule)) - set(let)
    if unknown:
        raise MappingError(f"{where} uses {sorted(unknown)}, which its `let` does not name")
    return rule


def _check_value(where: str, value: Any) -> None:
    kinds = [kind for kind in _VALUE_KEYS if isinstance(value, Mapping) and kind in value]
    if len(kinds) != 1 or set(value) - _VALUE_KEYS[kinds[0]]:
        raise MappingError(f"{where}: write one of {sorted(_VALUE_KEYS)}, and only its keys")


def _part(where: str, entry: Mapping[str, Any]) -> PartRule:
    if set(entry) - _PART_KEYS or entry.get("unit") not in PLAIN_UNITS:
        raise MappingError(f"{where}: part {entry.get('name')} has unknown keys or an unknown unit")
    service, meter, variant = (*entry["sku"], "")[:3]
    return PartRule(
        name=entry["name"],
        service=service,
        meter=meter,
        variant=variant,
        unit=entry["unit"],
        quantity=_names(entry["quantity"]),
        when=_conditions(entry.get("when")),
        unless=_conditions(entry.get("unless")),
        purchase=entry.get("purchase", "on_demand"),
    )


def _other(where: str, provider: str, entry: Mapping[str, Any]) -> WithRule:
    if set(entry) - _WITH_KEYS or not ("blocks" in entry or "of" in entry):
        raise MappingError(f"{where}: `with` takes {sorted(_WITH_KEYS)}, and blocks or of")
    return WithRule(
        type=_key(provider, entry["type"]),
        blocks=entry.get("blocks", ""),
        of=_names(entry.get("of")),
        default=entry.get("default"),
        times=_names(entry.get("times")),
        when=_conditions(entry.get("when")),
        unless=_conditions(entry.get("unless")),
        choice=entry.get("choice", ""),
        weight=entry.get("weight", ""),
        unknown=_key(provider, entry["unknown"]) if "unknown" in entry else "",
        filled=entry.get("filled") is True,
    )


def _open(where: str, entry: Mapping[str, Any]) -> OpenRule:
    if set(entry) - _OPEN_KEYS or not entry.get("text"):
        raise MappingError(f"{where}: `open` takes {sorted(_OPEN_KEYS)}, and always text")
    when, unless = _conditions(entry.get("when")), _conditions(entry.get("unless"))
    return OpenRule(when, unless, entry["text"])


def _scales(where: str, entry: Any) -> tuple[str, frozenset[str]] | None:
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or set(entry) != {"at", "types"}:
        raise MappingError(f"{where}: `scales` takes at and types")
    return entry["at"], frozenset(_names(entry["types"]))


def _lifecycle(where: str, entry: Any) -> LifecycleRule | None:
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or not entry or set(entry) - {"block", "beside"}:
        raise MappingError(f"{where}: `lifecycle` takes block and beside")
    return LifecycleRule(entry.get("block", ""), entry.get("beside", {}))


def _conditions(value: Any) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(as_text(v) for v in (allowed if isinstance(allowed, list) else [allowed]))
        for name, allowed in (value or {}).items()
    }


def _names(value: Any) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(str(entry) for entry in entries)


def as_text(value: Any) -> str:
    """A value as mappings write it: truth values in small letters, numbers without zeros behind."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_number(text: str) -> bool:
    """Whether a factor is a number, not a name."""
    return bool(re.fullmatch(r"\d+(\.\d+)?", text))


def _used(rule: TypeRule) -> Iterator[str]:
    yield from (*rule.refuse, *rule.machine, *rule.accelerator)
    for open_ in rule.opens:
        yield from (*open_.when, *open_.unless)
    yield from (name for name in rule.times if not is_number(name))
    for when, _ in rule.notes:
        yield from when
    for other in rule.others:
        yield from (*other.when, *other.unless)
        yield from (name for name in other.times if not is_number(name))
    for part in rule.parts:
        yield from (*part.when, *part.unless)
        yield from (name for name in part.quantity if not is_number(name))
        for template in (part.meter, part.variant, part.purchase):
            yield from PLACE.findall(template)
    for value in rule.let.values():
        if "shape" in value:
            yield value["of"]
        yield from (value[key] for key in NAMED if not is_number(str(value.get(key, "0"))))
