"""Reads dbt's manifest and run results, and refuses what is neither.

Belongs here: the shape of the artefacts (manifest v12, run results v6, and later ones that keep the
fields read here). Does not belong here: what is asked of them (`question.py`, the rules).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

# The oldest versions whose fields are those read here.
OLDEST = {"manifest": 12, "run-results": 6}


class ArtefactError(ValueError):
    """A file is not the artefact it is given as; the message names it and the remedy."""


@dataclass(frozen=True)
class Manifest:
    """One manifest: its nodes by unique id, its groups' owners, and the digest of the file."""

    metadata: Mapping[str, Any]
    nodes: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Mapping[str, Any]]
    sha256: str

    def models(self) -> dict[str, Mapping[str, Any]]:
        """The models of the project itself, whatever their access."""
        project = self.metadata.get("project_name")
        return {
            name: node
            for name, node in sorted(self.nodes.items())
            if node.get("resource_type") == "model" and node.get("package_name") == project
        }

    def public_models(self) -> dict[str, Mapping[str, Any]]:
        """The models that others may build on."""
        return {k: v for k, v in self.models().items() if v.get("access") == "public"}

    def tests_of(self, model: str) -> dict[str, Mapping[str, Any]]:
        """Data tests on a model: generic ones attached to it, singular ones that read it."""
        return {
            name: node
            for name, node in sorted(self.nodes.items())
            if node.get("resource_type") == "test" and model in _tested(node)
        }


@dataclass(frozen=True)
class Runs:
    """The last result of each node over one or more runs, and when the oldest run ended."""

    statuses: Mapping[str, str]
    generated_at: str | None


def read_manifest(path: Path) -> Manifest:
    """Read `target/manifest.json`; raises `ArtefactError`."""
    text = _text(path)
    document = _document(path, text, "manifest")
    nodes, groups = document.get("nodes"), document.get("groups") or {}
    if not _of_objects(nodes) or not _of_objects(groups):
        raise ArtefactError(f"{path}: its nodes or groups are no objects; run `dbt parse` again")
    return Manifest(document["metadata"], nodes, groups, hashlib.sha256(text).hexdigest())


def read_runs(paths: Sequence[Path]) -> Runs:
    """Read `target/run_results.json` of one build, or of several that make up one; a node's last
    result counts. Raises `ArtefactError`."""
    found: list[tuple[str, list[Mapping[str, Any]]]] = []
    for path in paths:
        document = _document(path, _text(path), "run-results")
        results = document.get("results")
        if not isinstance(results, list) or not all(
            isinstance(r, dict) and isinstance(r.get("unique_id"), str) for r in results
        ):
            raise ArtefactError(f"{path}: its results are no list of nodes; run dbt again")
        found.append((_instant(path, document["metadata"]), results))
    found.sort(key=lambda run: run[0])
    statuses = {r["unique_id"]: str(r.get("status")) for _, results in found for r in results}
    return Runs(statuses, found[0][0] if found else None)


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path} cannot be read ({error.strerror}); run dbt first") from error


def _document(path: Path, text: bytes, kind: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArtefactError(f"{path} is no JSON ({error}); run dbt again") from error
    metadata = document.get("metadata") if isinstance(document, dict) else None
    address = metadata.get("dbt_schema_version") if isinstance(metadata, dict) else None
    name, _, version = str(address).removesuffix(".json").rpartition("/v")
    if not name.endswith(f"/{kind}") or not version.isdecimal():
        raise ArtefactError(
            f"{path} is no dbt {kind} (its dbt_schema_version is {address!r}); "
            f"give the {kind.replace('-', '_')}.json that dbt wrote"
        )
    if int(version) < OLDEST[kind]:
        raise ArtefactError(
            f"{path} is a {kind} v{version}; v{OLDEST[kind]} or newer is read, which dbt writes "
            "from 1.8 on"
        )
    return dict(document)


def _instant(path: Path, metadata: Mapping[str, Any]) -> str:
    try:
        moment = datetime.fromisoformat(str(metadata.get("generated_at")))
    except ValueError as error:
        raise ArtefactError(f"{path} does not say when it was made; run dbt again") from error
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")


def _of_objects(value: object) -> TypeGuard[dict[str, dict[str, Any]]]:
    return isinstance(value, dict) and all(isinstance(inner, dict) for inner in value.values())


def _tested(test: Mapping[str, Any]) -> Sequence[str]:
    attached = test.get("attached_node")
    if attached:
        return [attached]
    return list((test.get("depends_on") or {}).get("nodes") or [])
