"""One answer, written as SARIF 2.1.0, which code scanning shows and remembers.

Belongs here: its form. In a message of SARIF `[text](target)` is a link and `{0}` a placeholder:
anybody's text is kept from being either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from policies.deployment.gate import Answer
from policies.deployment.places import Place
from policies.deployment.report.json import dump
from policies.deployment.report.words import (
    ZERO_WIDTH,
    clean,
    extras,
    numbered,
    parts,
    reason,
    sentence,
)
from policies.models import Decision, Finding, rfc3339, sha256

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# GitHub keeps 5,000 results of a run, and refuses a run of more than 25,000.
MAX_RESULTS = 5_000
LEVELS = {"Denied": "error", "Warnings": "warning", "Waived": "note"}
_LINK_OR_PLACEHOLDER = re.compile(r"(?<=\])(?=\()|(?<=\{)(?=\d)")


def to_sarif(answer: Answer) -> str:
    """One run: what is denied is an error, what is waived a suppressed note."""
    decision = answer.decision
    rules = _rules(decision)
    found = list(_results(answer, rules)) if decision.decided else []
    run = {
        "tool": {"driver": {"name": "Tollgate", "rules": rules}},
        "automationDetails": {"id": f"tollgate/{decision.gate}/"},
        "invocations": [_invocation(decision, len(found))],
        "columnKind": "unicodeCodePoints",
        "results": found[:MAX_RESULTS],
        "properties": {"decision_id": clean(decision.decision_id), "allow": decision.allow},
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _invocation(decision: Decision, count: int) -> dict[str, Any]:
    invocation: dict[str, Any] = {
        "executionSuccessful": decision.decided,
        "endTimeUtc": rfc3339(decision.decided_at.replace(microsecond=0)),
    }
    if not decision.decided:
        invocation["toolExecutionNotifications"] = [_notification("error", reason(decision))]
    elif count > MAX_RESULTS:
        cut = f"… and {count - MAX_RESULTS} more"
        invocation["toolExecutionNotifications"] = [_notification("warning", cut)]
    return invocation


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": plain(text)}}


def _rules(decision: Decision) -> list[dict[str, Any]]:
    """What the rules with findings say of themselves, once each."""
    if not decision.decided:
        return []
    findings = (*decision.denials, *decision.warnings, *decision.waived)
    first = {found.rule_id: found for found in reversed(findings)}
    return [
        {
            "id": clean(rule_id),
            "shortDescription": {"text": plain(found.title)},
            "fullDescription": {"text": plain(found.title)},
            "help": {"text": plain(found.remedy)},
            "properties": {"severity": clean(found.severity), "tags": ["finops"]},
        }
        for rule_id, found in sorted(first.items())
    ]


def _results(answer: Answer, rules: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    indexes = {rule["id"]: index for index, rule in enumerate(rules)}
    listed = [(title, f) for title, findings in parts(answer.decision) for f in findings]
    numbers = numbered(found for _, found in listed)
    for (title, found), (_, number) in zip(listed, numbers, strict=True):
        result = {
            "ruleId": clean(found.rule_id),
            "ruleIndex": indexes[clean(found.rule_id)],
            "level": LEVELS[title],
            "message": {"text": plain(f"{found.subject}: {sentence(found)}")},
            "locations": [_location(answer.places.of(found.subject), found)],
            "partialFingerprints": {"tollgateFinding/v1": fingerprint(found, number)},
        }
        if title == "Waived":
            # No `accepted` without a word: the waiver says who, until when and why.
            said = plain("; ".join(extras(found)))
            result["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": said}
            ]
        yield result


def fingerprint(found: Finding, number: int) -> str:
    """The same for the same complaint in the next run, whatever its amounts are then."""
    return sha256("\0".join((found.rule_id, found.subject, str(number))))


def _location(place: Place, found: Finding) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(clean(place.file))},
            "region": {"startLine": place.line},
        },
        "logicalLocations": [{"fullyQualifiedName": clean(found.subject), "kind": "resource"}],
    }


def plain(text: str) -> str:
    """A message in which nothing is a link or a placeholder."""
    return _LINK_OR_PLACEHOLDER.sub(ZERO_WIDTH, clean(text))
