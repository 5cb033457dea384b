"""Reads a state, as `terraform show -json` prints it after the apply: which resource got which id.

Belongs here: telling a state from anything else, and its resources. Does not belong here: plans
(`plan.py`) and which ids bills know (`billed.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.deployment.changes import kind_of, without_sensitive

MAJOR = "1"
SHOW = "run `terraform show -json > state.json` after the apply"


class StateError(ValueError):
    """The file is not a state that can be read; the message says what it is and what to do."""


@dataclass(frozen=True)
class StateResource:
    """One managed resource; sensitive values are already taken out."""

    address: str
    type: str
    values: Mapping[str, Any]


def read_state(path: Path) -> list[StateResource]:
    """The managed resources of the state file at `path`; StateError names the file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StateError(f"{path}: cannot be read ({error.strerror}); give its path") from error
    try:
        document = json.loads(raw.decode(json.detect_encoding(raw)))
    except (ValueError, RecursionError) as error:
        raise StateError(f"{path}: not JSON ({error}); {SHOW}") from error
    try:
        return parse_state(document)
    except StateError as error:
        raise StateError(f"{path}: {error}") from error


def parse_state(document: object) -> list[StateResource]:
    """The managed resources of a state, from its JSON."""
    if not isinstance(document, dict):
        raise StateError(f"not a state but {kind_of(document)}; {SHOW}")
    if "planned_values" in document or "resource_changes" in document:
        raise StateError(f"this is a plan, not a state: nothing has an id yet; {SHOW}")
    if "lineage" in document and "serial" in document:
        raise StateError(f"this is the state file itself, which holds secrets; {SHOW}")
    version = document.get("format_version")
    if not isinstance(version, str):
        raise StateError(f"no format_version, so not a printed state; {SHOW}")
    if version.split(".")[0] != MAJOR:
        raise StateError(f"state format {version} is not known, only {MAJOR}.x; upgrade Tollgate")
    values = document.get("values")
    if not isinstance(values, dict):
        raise StateError(f"the state is empty: nothing was applied; {SHOW}")
    return list(_resources(values.get("root_module"), "values.root_module"))


def _resources(module: Any, where: str) -> Iterator[StateResource]:
    if not isinstance(module, dict):
        raise StateError(f"{where} is {kind_of(module)}, not an object; {SHOW}")
    for number, entry in enumerate(_list(module, "resources", where)):
        place = f"{where}.resources[{number}]"
        if not isinstance(entry, dict):
            raise StateError(f"{place} is {kind_of(entry)}, not an object; {SHOW}")
        for name in ("address", "type", "mode"):
            if not isinstance(entry.get(name), str) or not entry[name]:
                raise StateError(f"{place}.{name} is missing; {SHOW}")
        values = entry.get("values")
        # A deposed object is what a replacement has not yet removed: the other one is the resource.
        if entry["mode"] == "managed" and isinstance(values, dict) and not entry.get("deposed_key"):
            clean = without_sensitive(values, entry.get("sensitive_values"))
            yield StateResource(entry["address"], entry["type"], clean)
    for number, child in enumerate(_list(module, "child_modules", where)):
        yield from _resources(child, f"{where}.child_modules[{number}]")


def _list(holder: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = holder.get(name, [])
    if not isinstance(value, list):
        raise StateError(f"{where}.{name} is {kind_of(value)}, not a list; {SHOW}")
    return value
