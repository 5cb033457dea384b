"""Reads a Terraform or OpenTofu plan, as `terraform show -json` prints it.

Belongs here: telling a plan from anything else, and its changes from its noise. Does not belong
here: prices, and where a resource's region comes from (`configuration.py`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from policies.deployment.changes import (
    SHOW,
    UNCHANGED,
    PlanError,
    ResourceChange,
    kind_of,
    read_change,
)
from policies.deployment.completeness import completeness
from policies.deployment.configuration import UNKNOWN_REGION, Configuration
from policies.deployment.contradictions import demand_consistent
from policies.deployment.invocations import invocations
from policies.deployment.objects import demand_changed_once
from policies.deployment.references import References

MAJOR = "1"
# An escape of JSON that is a character only together with another one.
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Plan:
    """What a plan file says; `unchanged` resources are kept for what refers to them."""

    format_version: str
    terraform_version: str
    complete: bool
    errored: bool
    resources: tuple[ResourceChange, ...]
    unchanged: tuple[ResourceChange, ...] = ()
    # Which of `complete` and `errored` the plan's version never writes.
    not_stated: tuple[str, ...] = ()
    # Provider, region and number of the resources whose region only the caller has told.
    stated_regions: tuple[tuple[str, str, int], ...] = ()
    references: References = field(default_factory=References, repr=False)
    # The source of each module; of one plan alone, since names repeat in others.
    modules: Mapping[tuple[str, ...], str] = field(default_factory=dict, repr=False)


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
        if _HALF_PAIR.search(text):
            _demand_characters(document)
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


def _demand_characters(value: Any, where: str = "") -> None:
    """Refuse half a pair of surrogates: nothing can be written, sent or recorded that holds one."""
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            place = where.removeprefix(".") or "a key"
            raise PlanError(f"{place} holds half a character (a lone \\ud8xx escape); {SHOW}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _demand_characters(key, where)
            _demand_characters(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _demand_characters(inner, f"{where}[{number}]")


def parse_plan(document: object) -> Plan:
    """Read a plan from its JSON."""
    if not isinstance(document, dict):
        raise PlanError(f"not a plan but {kind_of(document)}; {SHOW}")
    _refuse_other_files(document)
    version = document.get("format_version")
    if not isinstance(version, str):
        raise PlanError(f"no format_version, so not a whole plan (was it filtered?); {SHOW}")
    if version.split(".")[0] != MAJOR:
        raise PlanError(f"plan format {version} is not known, only {MAJOR}.x; upgrade Tollgate")
    changes = document.get("resource_changes", [])
    if not isinstance(changes, list):
        raise PlanError(f"resource_changes is {kind_of(changes)}, not a list; {SHOW}")
    configuration = Configuration(document)
    read = [read_change(entry, number, configuration) for number, entry in enumerate(changes)]
    _demand_once(changes)
    planned = _demand_all_planned(document, changes)
    demand_consistent(changes, planned, configuration)
    references = References(configuration, [change for change in read if change is not None])
    found = [_with_region(change, references) for change in read if change is not None]
    demand_changed_once(found)
    whole = completeness(document)
    return Plan(
        format_version=version,
        terraform_version=str(document.get("terraform_version") or "unknown"),
        complete=whole.complete,
        errored=whole.errored,
        not_stated=whole.not_stated,
        resources=(*(c for c in found if not _stays(c)), *invocations(document)),
        unchanged=tuple(c for c in found if _stays(c)),
        references=references,
        modules=configuration.sources(),
    )


def merge_plans(plans: Sequence[tuple[str, Plan]]) -> Plan:
    """Several plans of one change as one, each address led by its plan's name; one as it is.

    A change is as whole as the least whole of its plans.
    """
    if len(plans) == 1:
        return plans[0][1]
    names = [name for name, _ in plans]
    if len(set(names)) < len(names):
        raise PlanError(f"plans of one name: {', '.join(names)}; give each file its own name")

    def led(name: str, changes: Sequence[ResourceChange]) -> Iterator[ResourceChange]:
        yield from (replace(change, address=f"{name}: {change.address}") for change in changes)

    resources = tuple(c for name, plan in plans for c in led(name, plan.resources))
    demand_changed_once(resources)

    return Plan(
        format_version=min(plan.format_version for _, plan in plans),
        terraform_version=", ".join(sorted({plan.terraform_version for _, plan in plans})),
        complete=all(plan.complete for _, plan in plans),
        errored=any(plan.errored for _, plan in plans),
        not_stated=tuple(sorted({name for _, plan in plans for name in plan.not_stated})),
        resources=resources,
        unchanged=tuple(c for name, plan in plans for c in led(name, plan.unchanged)),
        references=References.joined({name: plan.references for name, plan in plans}),
    )


def _stays(change: ResourceChange) -> bool:
    """Whether a resource stays as it is; one that is taken into the state is listed though."""
    return change.actions in UNCHANGED and not change.imported


# Where a resource says itself not where it is: the attributes that name what it is part of.
_PARTS_OF = (
    "server_id", "kubernetes_cluster_id", "service_plan_id", "cluster", "cluster_identifier",
    "account_name",
)  # fmt: skip


def _with_region(change: ResourceChange, references: References) -> ResourceChange:
    if change.region != UNKNOWN_REGION:
        return change
    for name in _PARTS_OF:
        whole = references.of(change, name)
        if whole is not None and whole.region != UNKNOWN_REGION:
            return replace(change, region=whole.region)
    return change


def _refuse_other_files(document: dict[str, Any]) -> None:
    if "lineage" in document and "serial" in document:
        raise PlanError(f"this is a state file, not a plan; {SHOW}")
    if "values" in document and "planned_values" not in document:
        raise PlanError(f"this is a state printed by `terraform show -json`, not a plan; {SHOW}")
    if "planned_values" not in document:
        raise PlanError(f"no planned_values, so not a whole plan (was it filtered?); {SHOW}")


def _demand_once(changes: list[Any]) -> None:
    """Each object has one entry; of two, nobody can say which one will be done."""
    objects = Counter((change["address"], str(change.get("deposed") or "")) for change in changes)
    for (address, deposed), count in objects.items():
        if count > 1:
            named = f"{address} (deposed {deposed})" if deposed else address
            raise PlanError(f"{named} is {count} times in resource_changes; {SHOW}")


def _demand_all_planned(
    document: dict[str, Any], changes: list[Any]
) -> dict[str, Mapping[str, Any]]:
    """Every planned resource has a change, if only a no-op; else the file was filtered or cut.

    Returns the planned resources by address.
    """
    going = {change["address"] for change in changes if change["change"]["actions"] == ["delete"]}
    staying = {c["address"] for c in changes if c["change"]["actions"] != ["delete"]}
    listed = going | staying
    values = document["planned_values"]
    # A plan that leaves nothing behind has no root module.
    root = _member(values, "root_module", dict, "planned_values") if values != {} else {}
    planned = dict(_planned(root, "planned_values.root_module"))
    for address in planned:
        if address not in listed:
            raise PlanError(f"{address} is planned but has no entry in resource_changes; {SHOW}")
        if address not in staying:
            raise PlanError(f"{address} is planned, but resource_changes delete it; {SHOW}")
    return planned


def _planned(module: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, resource in enumerate(_member(module, "resources", list, where)):
        place = f"{where}.resources[{number}]"
        if _member(resource, "mode", str, place) == "managed":
            yield _member(resource, "address", str, place), resource
    for number, child in enumerate(_member(module, "child_modules", list, where)):
        yield from _planned(child, f"{where}.child_modules[{number}]")


def _member(holder: Any, name: str, kind: type[Any], where: str) -> Any:
    """A member of an object; a list may be left out, anything else is refused by its place."""
    value = holder.get(name) if isinstance(holder, dict) else None
    if kind is list and isinstance(holder, dict) and name not in holder:
        return []
    if not isinstance(value, kind):
        raise PlanError(f"{where}.{name} is {kind_of(value)}; {SHOW}")
    return value
