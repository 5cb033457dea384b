"""What is used of a resource and stands in no plan: from a usage file, or from its own history.

Belongs here: reading and checking the usage file, and history. Does not belong here: the ranges
assumed where nothing is known (they are in `types/`).

The file (YAML or JSON) has the names that Infracost's users know:

    version: 0.1
    resource_type_default_usage:
      aws_nat_gateway: {gigabytes: 250}
    resource_usage:
      module.shop.aws_lambda_function.api:
        requests: {low: 1000000, likely: 3000000, high: 9000000}
      aws_s3_bucket.logs[*]: {gigabytes: 500}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from policies.deployment.mapping import type_rules
from policies.deployment.pricing import Amount

_SECTIONS = {"version", "resource_type_default_usage", "resource_usage"}
# Where a quantity is from, the surest first: the plan, the usage file, history, an assumed range.
BASES = ("plan", "file", "history", "range")
# (id of the resource, service, meter): what it has used a month, in the price's plain unit.
History = Mapping[tuple[str, str, str], Amount]


class UsageError(ValueError):
    """The usage file cannot be used; the message names the place and the remedy."""


@dataclass(frozen=True)
class Usage:
    """What is known of use; empty where nothing is."""

    by_type: Mapping[str, Mapping[str, Amount]] = field(default_factory=dict)
    by_address: Mapping[str, Mapping[str, Amount]] = field(default_factory=dict)
    history: History = field(default_factory=dict)

    def stated(self, resource_type: str, address: str, name: str) -> Amount | None:
        """What the usage file says of a resource, else of its type."""
        for pattern in (address, *(p for p in self.by_address if "*" in p)):
            # fnmatch gives brackets a meaning of their own, addresses are full of them.
            if pattern == address or fnmatchcase(address, pattern.replace("[", "[[]")):
                found = self.by_address.get(pattern, {}).get(name)
                if found is not None:
                    return found
        return self.by_type.get(resource_type, {}).get(name)


def read_usage(path: Path) -> Usage:
    """Read a usage file; UsageError names what is wrong with it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); give its path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not YAML ({error})".replace("\n", " ")) from error
    if not isinstance(document, dict) or set(document) - _SECTIONS:
        raise UsageError(f"{path}: write the sections {', '.join(sorted(_SECTIONS))}")
    if str(document.get("version")) != "0.1":
        raise UsageError(f"{path}: version {document.get('version')} is not known; write 0.1")
    by_type = _section(path, document, "resource_type_default_usage")
    by_address = _section(path, document, "resource_usage")
    for kind, values in by_type.items():
        _demand_names(path, kind, kind, values)
    for address, values in by_address.items():
        _demand_names(path, address, type_of(address), values)
    return Usage(by_type=by_type, by_address=by_address)


def weakest(bases: Iterable[str]) -> str:
    """How far the quantities of several parts can be trusted: as far as the worst of them."""
    return max(bases, key=BASES.index, default=BASES[0])


def type_of(address: str) -> str:
    """The resource type in an address."""
    parts = address.partition(": ")[2] or address
    while parts.startswith("module."):
        rest = parts.removeprefix("module.")
        # The index of a module may hold dots inside its quotes.
        end = rest.find('"].') + 3 if rest.partition(".")[0].count('["') else rest.find(".") + 1
        parts = rest[end:] if end > 0 else ""
    return parts.partition(".")[0]


def _section(path: Path, document: Mapping[str, Any], name: str) -> dict[str, dict[str, Amount]]:
    section = document.get(name) or {}
    if not isinstance(section, dict):
        raise UsageError(f"{path}: {name} is not an object")
    found: dict[str, dict[str, Amount]] = {}
    for key, values in section.items():
        if not isinstance(values, dict):
            raise UsageError(f"{path}: {name}.{key} is not an object of usage names")
        found[str(key)] = {n: _amount(f"{path}: {name}.{key}.{n}", v) for n, v in values.items()}
    return found


def _demand_names(path: Path, place: str, kind: str, values: Mapping[str, Amount]) -> None:
    rule = type_rules().get(kind)
    known = rule.usages if rule else frozenset()
    unknown = sorted(set(values) - known)
    if unknown:
        there = ", ".join(sorted(known)) or "none"
        raise UsageError(
            f"{path}: {place} has no usage {', '.join(unknown)}; {kind} takes: {there}"
        )


def _amount(where: str, value: Any) -> Amount:
    if isinstance(value, dict) and set(value) == {"low", "likely", "high"}:
        low, likely, high = (_number(f"{where}.{n}", value[n]) for n in ("low", "likely", "high"))
        if not low <= likely <= high:
            raise UsageError(f"{where}: low, likely and high are not in this order")
        return Amount(low, likely, high)
    return Amount.exactly(_number(where, value))


def _number(where: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or not 0 <= number <= Decimal(10) ** 15:
        raise UsageError(f"{where} is not a number from 0; or write low, likely and high")
    return number
