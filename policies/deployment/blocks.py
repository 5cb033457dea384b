"""Which blocks and attributes of a resource cost, or may, and have no part in its estimate.

Belongs here: telling what is set from what no mapping reads. Does not belong here: which blocks are
free, and which attributes cost (`types/`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.deployment.attributes import Attributes
from policies.deployment.mapping import TypeRule, as_text
from policies.deployment.pricing import NotKnown

# Blocks that Terraform itself gives any resource.
_OF_ANY = frozenset({"timeouts"})
# Behind the path of blocks: each of them.
_EACH = ".*"


def unread(rule: TypeRule, at: Attributes) -> list[str]:
    """The dotted paths of blocks that are set, are not read by the mapping, and not known as free.

    Of attributes only blocks count, and lists and maps of blocks: a provider has hundreds of plain
    ones, and what of them costs is said by the mapping (`costs`, `open`).
    """
    found = _below(rule, at.values, "")
    if at.unknown:
        # block.0.attribute; with less behind it, it is an entry of a list or a map.
        pieces = [path.split(".") for path in at.unknown]
        tops = {names[0] for names in pieces if len(names) > 2 and names[1].isdigit()}
        found = [*found, *(top for top in tops if not _is_judged(rule, top))]
    return sorted(set(found))


def unpriced(rule: TypeRule, at: Attributes) -> list[str]:
    """The paths of `costs` that are set to something that costs.

    What the plan does not tell may cost: also blocks whose number it hides, where `costs` names
    each of them (`block.*`), which no provider fills in by itself.
    """
    found = (path for path, free in rule.costs.items() if _costs(path, free, at))
    return [path.removesuffix(_EACH) for path in found]


def _costs(path: str, free: frozenset[str], at: Attributes) -> bool:
    if path.endswith(_EACH) and at.hides(path.removesuffix(_EACH)):
        return True
    try:
        told = {as_text(value).lower() for value in at.every(path) if _says(value)}
    except NotKnown:
        return True
    # Elsewhere costs; the resource's own region, written out, is no other one.
    return bool(told - {value.replace("{region}", at.region).lower() for value in free})


def _below(rule: TypeRule, values: Mapping[str, Any], above: str) -> list[str]:
    found: list[str] = []
    for name, value in values.items():
        blocks, path = list(_blocks(value)), f"{above}{name}"
        if not blocks or not any(_says(block) for block in blocks):
            continue
        if any(read.startswith(f"{path}.") for read in rule.reads) and path not in rule.reads:
            found += (inner for block in blocks for inner in _below(rule, block, f"{path}."))
        elif not _is_judged(rule, path):
            found.append(path)
    return found


def _is_judged(rule: TypeRule, path: str) -> bool:
    is_read = any(read == path or read.startswith(f"{path}.") for read in rule.reads)
    return is_read or path in rule.free or path in _OF_ANY


def _blocks(value: Any) -> Iterator[Mapping[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    for entry in entries:
        # A map of plain values is a set of names: tags, variables, limits.
        is_one = isinstance(value, list) or _holds_blocks(entry)
        if isinstance(entry, Mapping) and is_one:
            yield entry


def _holds_blocks(value: Any) -> bool:
    return isinstance(value, Mapping) and any(
        isinstance(inner, list | Mapping | bool) for inner in value.values()
    )


def _says(value: Any) -> bool:
    """Whether anything in it is set to more than nothing: providers write out what is not used."""
    if isinstance(value, Mapping):
        return any(_says(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_says(inner) for inner in value)
    return value not in (None, False, 0, "")
