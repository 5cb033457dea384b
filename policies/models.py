"""What a decision is: plain values that the engine makes, the record keeps and reports show.

Belongs here: the shapes and their JSON form. Does not belong here: how a decision is reached.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

Gate = Literal["capacity", "dbt", "deployment", "remediation"]
GATES: tuple[Gate, ...] = get_args(Gate)

# Findings of the engine itself, as opposed to those of a rule, begin with this.
ENGINE = "engine."


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found: why, about what, and what to do."""

    rule_id: str
    severity: str
    title: str
    message: str
    subject: str
    remedy: str
    amount: str | None = None
    currency: str | None = None
    effective_on: str | None = None
    waivable: bool = False
    note: str | None = None
    waiver: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON; what does not apply is left out."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Decision:
    """The answer of a gate, with what is needed to check and to repeat it."""

    decision_id: str
    gate: str
    allow: bool
    denials: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    evaluated: tuple[str, ...]
    input_sha256: str
    bundle_sha256: str
    revision: str
    decided_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def decided(self) -> bool:
        """False if the engine denied because it could not ask, not because a rule objected."""
        return not any(denial.rule_id.startswith(ENGINE) for denial in self.denials)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, with the time in RFC 3339."""
        return {
            "decision_id": self.decision_id,
            "gate": self.gate,
            "allow": self.allow,
            "denials": [found.to_dict() for found in self.denials],
            "warnings": [found.to_dict() for found in self.warnings],
            "waived": [found.to_dict() for found in self.waived],
            "evaluated": list(self.evaluated),
            "input_sha256": self.input_sha256,
            "bundle_sha256": self.bundle_sha256,
            "revision": self.revision,
            "decided_at": rfc3339(self.decided_at),
        }


def engine_finding(gate: str, kind: str, message: str, remedy: str) -> Finding:
    """The denial that says that no decision was reached."""
    return Finding(
        rule_id=f"{ENGINE}{kind}",
        severity="critical",
        title="No decision could be made",
        message=message,
        subject=gate,
        remedy=remedy,
    )


def finding_from(value: object) -> Finding:
    """Read a finding from JSON; a missing or misshapen field is a ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"a finding is an object, not {type(value).__name__}")
    fields = cast(dict[str, Any], value)
    for name in ("rule_id", "severity", "title", "message", "subject", "remedy"):
        if not isinstance(fields.get(name), str):
            raise ValueError(f"a finding has no text in {name!r}")
    known = {name: fields[name] for name in Finding.__dataclass_fields__ if name in fields}
    return Finding(**known)


def canonical_json(value: object) -> str:
    """The one text of a value: sorted keys, no spaces, no NaN; what hashes are made over."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256(text: str) -> str:
    """The digest of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def rfc3339(moment: datetime) -> str:
    """A time in UTC as the gates read it; a time without a zone is taken for UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")
