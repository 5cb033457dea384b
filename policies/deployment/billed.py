"""By which names bills know what a resource is: its own id, and those of what is billed with it.

Belongs here: ids from the values of a plan or a state. Does not belong here: which attributes hold
the other ids (`billed` in `types/`), and how bills spell them (the marts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeGuard

from policies.deployment.changes import SENSITIVE
from policies.deployment.mapping import type_rules

# "i-0abc…", "vol-0abc…": made by AWS, so one resource's alone. A chosen name may be anything's.
_GENERATED = re.compile(r"[a-z]{1,12}-[0-9a-f]{8,17}")
_GOOGLE_HOST = re.compile(r"^(https?:)?//[^/]+/(compute/|storage/|sql/)?(v\d\w*/)?(?=projects/)")
_BUCKET = "arn:aws:s3:::"
# What other services' resources have of these is billed under ids of its own: of an interface or an
# address, of a group of logs, of none.
_APART = frozenset({"AmazonVPC", "AmazonCloudWatch", "AWSXRay"})


class NotBilled(Exception):
    """The bill has no line that could be told to be this resource's; the message says why."""


def billed_names(resource_type: str, values: Mapping[str, Any]) -> list[list[str]]:
    """The names of a resource, then those of each disk or node that its estimate holds.

    Any name of one list is the same thing's; NotBilled where the estimate could not be compared
    with what is billed under these names.
    """
    rule = type_rules().get(resource_type)
    if rule is None:
        raise NotBilled(f"{resource_type} is not among the priced types")
    if rule.billed_elsewhere:
        raise NotBilled("its machines are billed under ids of their own, which no state holds")
    own = _own(rule.provider, values)
    if not own:
        raise NotBilled("it has no id by which a bill would know it")
    others = [[_plain(name)] for path in rule.billed for name in _inside(values, path, path)]
    return [own, *others]


def billed_apart(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of an estimate's parts that no bill has under the ids of their resource."""
    paid = [part for part in parts if Decimal(part["monthly"])]
    others = {part["service"] for part in parts} - _APART
    return sorted({part["name"] for part in paid if others and part["service"] in _APART})


def generated(names: list[str]) -> set[str]:
    """The names that AWS made, which a replacement never keeps."""
    return {name for name in names if _GENERATED.fullmatch(name)}


def _own(provider: str, values: Mapping[str, Any]) -> list[str]:
    found = (values.get(name) for name in ("id", "arn", "self_link"))
    names = {_plain(value) for value in found if _is_told(value)}
    if provider == "aws":
        names = {n for n in names if n.startswith("arn:") or _GENERATED.fullmatch(n)}
        names |= {n.removeprefix(_BUCKET) for n in names if n.startswith(_BUCKET)}
    return sorted(names)


def _inside(holder: Any, path: str, whole: str) -> Iterator[str]:
    """The ids at a path, through every block of a list; NotBilled if one is not told."""
    name, _, rest = path.partition(".")
    found = holder.get(name) if isinstance(holder, Mapping) else None
    if rest:
        for block in found if isinstance(found, list) else []:
            yield from _inside(block, rest, whole)
        return
    entries = found if isinstance(found, list) else [found]
    for entry in entries:
        if not _is_told(entry):
            raise NotBilled(f"it is billed with {whole}, which is not told")
        yield entry


def _is_told(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value) and value != SENSITIVE


def _plain(name: str) -> str:
    """As the marts compare: in small letters, a Google resource without its host."""
    return _GOOGLE_HOST.sub("", name).lower()
