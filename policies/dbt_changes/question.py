"""Puts the question of a dbt change together, asks the gate, and keeps question and answer.

Belongs here: the form of the question. Does not belong here: which tests are enough, or which of
them reconcile (`finops/config/dbt`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from policies.dbt_changes.artefacts import Manifest, Runs
from policies.dbt_changes.breaks import breaks, enforced
from policies.decisions import decide_and_record, redact
from policies.deployment.gate import Answer, GitFacts
from policies.engine import PolicyEngine
from policies.models import rfc3339

SCHEMA = "dbt/v1"
NOT_RUN = "not run"


def build_question(
    manifest: Manifest,
    runs: Runs,
    base: Manifest | None,
    *,
    git: GitFacts,
    now: datetime,
) -> dict[str, Any]:
    """The question to the dbt gate, as `schemas/dbt.v1.json` has it.

    `base` is the manifest of the branch that the change goes to; without it nothing is known of
    what breaks, which the gate denies.
    """
    failed = {
        name: status
        for name, status in runs.statuses.items()
        if status not in ("success", "pass", "warn", "no-op")
    }
    models = [_model(manifest, runs, name) for name in manifest.public_models()]
    return {
        "schema": SCHEMA,
        "now": rfc3339(now),
        "git": git.to_dict(),
        "project": {
            "name": str(manifest.metadata.get("project_name") or ""),
            "dbt_version": str(manifest.metadata.get("dbt_version") or ""),
            "adapter": str(manifest.metadata.get("adapter_type") or ""),
            "manifest_sha256": manifest.sha256,
            "public_models": len(models),
        },
        "base": {"manifest_sha256": base.sha256 if base else None},
        "breaks": breaks(base, manifest) if base else [],
        "models": models,
        "run": {
            "generated_at": runs.generated_at,
            "failed": [{"unique_id": k, "status": v} for k, v in sorted(failed.items())],
        },
    }


def decide_dbt(engine: PolicyEngine, store: sa.Engine, question: Mapping[str, Any]) -> Answer:
    """Ask the gate about a project and record the answer; without a record there is an error."""
    clean = redact(question)
    subject = clean["project"]["name"] or "unknown"
    return Answer(clean, decide_and_record(engine, store, "dbt", subject, clean))


def _model(manifest: Manifest, runs: Runs, name: str) -> dict[str, Any]:
    node = manifest.nodes[name]
    return {
        "unique_id": name,
        "file": str(node.get("original_file_path") or ""),
        "contract": enforced(node),
        "owner": _owner(manifest, node),
        "status": runs.statuses.get(name, NOT_RUN),
        "materialized": str((node.get("config") or {}).get("materialized") or ""),
        "reads": [str(read) for read in (node.get("depends_on") or {}).get("nodes") or []],
        "tests": [
            {
                "unique_id": test,
                "test": str((found.get("test_metadata") or {}).get("name") or found.get("name")),
                "tags": [str(tag) for tag in found.get("tags") or []],
                "status": runs.statuses.get(test, NOT_RUN),
            }
            for test, found in manifest.tests_of(name).items()
        ],
    }


def _owner(manifest: Manifest, model: Mapping[str, Any]) -> str:
    """From the model's meta, else from its group; empty where nobody answers for it."""
    meta = model.get("meta")
    if isinstance(meta, dict) and isinstance(meta.get("owner"), str) and meta["owner"].strip():
        return str(meta["owner"])
    for group in manifest.groups.values():
        owner = group.get("owner")
        if group.get("name") == model.get("group") and isinstance(owner, dict):
            return str(owner.get("name") or owner.get("email") or "")
    return ""
