"""Reads a Terraform or OpenTofu plan, as `terraform show -json` prints it.

Belongs here: telling a plan from anything else, and its changes from its noise. Does not belong
here: prices, and where a resource's region comes from (`configuration.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policies.deployment.configuration import UNKNOWN_REGION, Configuration

MAJOR = "1"
SENSITIVE = "(sensitive)"
TAG_ATTRIBUTES = ("tags_all", "effective_labels", "terraform_labels", "tags", "labels")
ACTIONS = (
    ("no-op",),
    ("create",),
    ("read",),
    ("update",),
    ("delete",),
    ("delete", "create"),
    ("create", "delete"),
    ("forget",),
    ("create", "forget"),
)
SHOW = "run `terraform plan -out=tfplan` and `terraform show -json tfplan > plan.json`"


class PlanError(ValueError):
    """The file is not a plan that can be judged; the message says what it is and what to do."""


@dataclass(frozen=True)
class ResourceChange:
    """One resource that changes; sensitive values are already taken out."""

    address: str
    type: str
    provider: str
    region: str
    actions: tuple[str, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    # Paths such as `root_block_device.0.volume_size` that are written, but get their value only
    # when the change is made. What is not written is the provider's default, not unknown.
    unknown: frozenset[str] = field(default_factory=frozenset)
    taggable: bool = False
    tags: Mapping[str, str] | None = None
    tags_known: bool = True


@dataclass(frozen=True)
class Plan:
    """What a plan file says."""

    format_version: str
    terraform_version: str
    complete: bool
    errored: bool
    resources: tuple[ResourceChange, ...]


def read_plan(path: Path) -> Plan:
    """Read the plan file at `path`; PlanError says what is wrong with it, naming the file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PlanError(
            f"{path}: cannot be read ({error.strerror}); give the plan's path"
        ) from error
    if raw.startswith(b"PK"):
        raise PlanError(f"{path}: this is the binary plan; run `terraform show -json` on it")
    try:
        text = raw.decode(json.detect_encoding(raw))
        document = json.loads(text, object_pairs_hook=_object)
    except _TwiceError as error:
        raise PlanError(f"{path}: {error}; {SHOW}") from error
    except (ValueError, RecursionError) as error:
        if raw.lstrip().startswith(b'{"@level"'):
            raise PlanError(f"{path}: this is the log of `terraform plan -json`; {SHOW}") from error
        raise PlanError(f"{path}: not JSON ({error}); {SHOW}") from error
    try:
        return parse_plan(document)
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error


class _TwiceError(ValueError):
    """An object has a key twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, if no key is in it twice: others might read the one that we do not."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise _TwiceError(f"the key {twice!r} is twice in one object")
    return found


def parse_plan(document: object) -> Plan:
    """Read a plan from its JSON."""
    if not isinstance(document, dict):
        raise PlanError(f"not a plan but {_kind(document)}; {SHOW}")
    _refuse_other_files(document)
    version = document.get("format_version")
    if not isinstance(version, str):
        raise PlanError(f"no format_version, so not a whole plan (was it filtered?); {SHOW}")
    if version.split(".")[0] != MAJOR:
        raise PlanError(f"plan format {version} is not known, only {MAJOR}.x; upgrade Tollgate")
    changes = document.get("resource_changes", [])
    if not isinstance(changes, list):
        raise PlanError(f"resource_changes is {_kind(changes)}, not a list; {SHOW}")
    configuration = Configuration(document)
    resources = tuple(
        _resource(change, number, configuration) for number, change in enumerate(changes)
    )
    _demand_all_planned(document, changes)
    errored = document.get("errored", False)
    # Written since Terraform 1.8; an older plan is whole unless it failed.
    complete = document.get("complete", errored is False)
    return Plan(
        format_version=version,
        terraform_version=str(document.get("terraform_version") or "unknown"),
        complete=complete is True and not document.get("deferred_changes"),
        errored=errored is not False,
        resources=tuple(r for r in resources if r is not None),
    )


def _refuse_other_files(document: dict[str, Any]) -> None:
    if "lineage" in document and "serial" in document:
        raise PlanError(f"this is a state file, not a plan; {SHOW}")
    if "values" in document and "planned_values" not in document:
        raise PlanError(f"this is a state printed by `terraform show -json`, not a plan; {SHOW}")
    if "planned_values" not in document:
        raise PlanError(f"no planned_values, so not a whole plan (was it filtered?); {SHOW}")


def _demand_all_planned(document: dict[str, Any], changes: list[Any]) -> None:
    """Every planned resource has a change, if only a no-op; else the file was filtered or cut."""
    listed = {change["address"] for change in changes}
    values = document["planned_values"]
    # A plan that leaves nothing behind has no root module.
    root = _member(values, "root_module", dict, "planned_values") if values != {} else {}
    for address in _planned(root, "planned_values.root_module"):
        if address not in listed:
            raise PlanError(f"{address} is planned but has no entry in resource_changes; {SHOW}")


def _planned(module: Any, where: str) -> Iterator[str]:
    for number, resource in enumerate(_member(module, "resources", list, where)):
        place = f"{where}.resources[{number}]"
        if _member(resource, "mode", str, place) == "managed":
            yield _member(resource, "address", str, place)
    for number, child in enumerate(_member(module, "child_modules", list, where)):
        yield from _planned(child, f"{where}.child_modules[{number}]")


def _member(holder: Any, name: str, kind: type[Any], where: str) -> Any:
    """A member of an object; a list may be left out, anything else is refused by its place."""
    value = holder.get(name) if isinstance(holder, dict) else None
    if kind is list and isinstance(holder, dict) and name not in holder:
        return []
    if not isinstance(value, kind):
        raise PlanError(f"{where}.{name} is {_kind(value)}; {SHOW}")
    return value


def _resource(entry: object, number: int, configuration: Configuration) -> ResourceChange | None:
    """One change; None for data sources and for what stays as it is."""
    where = f"resource_changes[{number}]"
    if not isinstance(entry, dict):
        raise PlanError(f"{where} is {_kind(entry)}, not an object; {SHOW}")
    for name in ("address", "type", "mode"):
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise PlanError(f"{where}.{name} is missing; {SHOW}")
    change = entry.get("change")
    if not isinstance(change, dict) or not isinstance(change.get("actions"), list):
        raise PlanError(f"{where}.change.actions is missing; {SHOW}")
    actions = tuple(change["actions"])
    if actions not in ACTIONS:
        raise PlanError(f"{where}.change.actions {list(actions)} is not known; upgrade Tollgate")
    if entry["mode"] == "data" or actions in {("no-op",), ("read",)}:
        return None
    before = _values(change, "before", where)
    after = _values(change, "after", where)
    _demand_sides(actions, before, after, where)
    mask = change.get("after_unknown")
    present = after if after is not None else before
    address = entry["address"]
    taggable, tags, known = _tags(after, mask) if after is not None else _tags(before, {})
    deposed = f" (deposed {entry['deposed']})" if entry.get("deposed") else ""
    return ResourceChange(
        address=address + deposed,
        type=entry["type"],
        provider=str(entry.get("provider_name") or "unknown"),
        region=configuration.region(address, present or {}) or UNKNOWN_REGION,
        actions=actions,
        before=before,
        after=after,
        unknown=frozenset(_unknown(mask, configuration.written(address))),
        taggable=taggable,
        tags=tags,
        tags_known=known,
    )


def _demand_sides(actions: tuple[str, ...], before: object, after: object, where: str) -> None:
    """A change has the sides that its actions speak of."""
    if before is None and actions != ("create",):
        raise PlanError(f"{where}.change.before is missing; {SHOW}")
    if after is None and actions not in {("delete",), ("forget",)}:
        raise PlanError(f"{where}.change.after is missing; {SHOW}")


def _values(change: dict[str, Any], side: str, where: str) -> dict[str, Any] | None:
    values = change.get(side)
    if values is None:
        return None
    if not isinstance(values, dict):
        raise PlanError(f"{where}.change.{side} is {_kind(values)}, not an object; {SHOW}")
    masked = _mask(values, _tags_together(values, change.get(f"{side}_sensitive")))
    return masked if isinstance(masked, dict) else {}


def _tags_together(values: dict[str, Any], sensitive: Any) -> Any:
    """The mask, with each tag that is sensitive in one attribute being so in all of them.

    Terraform marks a tag where it is written; the provider's copy in tags_all has no mark.
    """
    if not isinstance(sensitive, dict):
        return sensitive
    names = [name for name in TAG_ATTRIBUTES if isinstance(values.get(name), dict)]
    marked: dict[str, bool] = {}
    for name in TAG_ATTRIBUTES:
        mask, tags = sensitive.get(name), values.get(name)
        if isinstance(mask, dict):
            marked |= {key: True for key, inner in mask.items() if inner}
        elif mask is True and isinstance(tags, dict):
            marked |= dict.fromkeys(tags, True)
    together = {name: marked for name in names if sensitive.get(name) is not True}
    return {**sensitive, **together}


def _mask(value: Any, sensitive: Any) -> Any:
    """The value without what the plan marks as sensitive."""
    if sensitive is True:
        return SENSITIVE
    if isinstance(value, dict) and isinstance(sensitive, dict):
        return {name: _mask(inner, sensitive.get(name)) for name, inner in value.items()}
    if isinstance(value, list) and isinstance(sensitive, list):
        rest = [None] * (len(value) - len(sensitive))
        return [_mask(i, s) for i, s in zip(value, [*sensitive, *rest], strict=False)]
    return value


def _unknown(mask: Any, written: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The paths that are unknown; what the configuration shows to be left out is not among them."""
    if mask is True:
        yield ".".join(path)
    elif isinstance(mask, dict):
        for name, inner in mask.items():
            is_left_out = isinstance(written, dict) and name not in written and inner is True
            if not is_left_out:
                below = written.get(name) if isinstance(written, dict) else None
                yield from _unknown(inner, below, (*path, name))
    elif isinstance(mask, list):
        for index, inner in enumerate(mask):
            is_there = isinstance(written, list) and index < len(written)
            yield from _unknown(inner, written[index] if is_there else None, (*path, str(index)))


def _any_unknown(mask: Any) -> bool:
    if isinstance(mask, dict):
        return any(_any_unknown(inner) for inner in mask.values())
    if isinstance(mask, list):
        return any(_any_unknown(inner) for inner in mask)
    return mask is True


def _tags(
    values: Mapping[str, Any] | None, mask: object
) -> tuple[bool, dict[str, str] | None, bool]:
    """Whether the resource can carry tags, the tags, and whether all of them are known."""
    unknown = mask if isinstance(mask, dict) else {}
    values = values or {}
    present = [name for name in TAG_ATTRIBUTES if name in values or name in unknown]
    if not present:
        return False, None, True
    # The provider's default tags are only in the first kinds; they can be left to the provider
    # while what is written in the configuration is known.
    for name in present:
        tags = values.get(name)
        if isinstance(tags, dict) and not _any_unknown(unknown.get(name)):
            return True, {key: str(v) for key, v in tags.items() if v is not None}, True
    written = next((n for n in ("tags", "labels") if n in present), present[0])
    if tags_are_open := _any_unknown(unknown.get(written)) or values.get(written) == SENSITIVE:
        partly = values.get(written)
        known = partly if isinstance(partly, dict) else {}
        return True, {k: str(v) for k, v in known.items() if v is not None}, not tags_are_open
    return True, {}, True


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return "nothing" if value is None else names.get(type(value), "a number")
