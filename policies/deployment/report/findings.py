"""Findings as people read them: what they are about by name, the same ones together, and how one
asks for a waiver.

Belongs here: words and grouping. Does not belong here: layout, and escaping for a form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from policies.deployment.gate import Answer
from policies.deployment.report.words import AMOUNT, clean, extras, in_order
from policies.models import Finding, rfc3339

HOW = (
    "To ask for a waiver, add an entry to finops/waivers/data.yaml of the policies that decide "
    "(policies/README.md of Tollgate tells how):"
)
# Entries that are written out, and how long they last unless their author says otherwise.
SHOWN, DAYS = 3, 30
_WHOLE = {
    "plan": "the plan", "estimate": "the estimate", "rates": "the rate card",
    "config": "the configuration of the policies",
}  # fmt: skip


Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Saying:
    """One message, and all that it is said of."""

    subjects: tuple[str, ...]
    message: str
    rule_id: str
    extras: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """What one rule says and what is to be done about it, once."""

    sayings: tuple[Saying, ...]
    remedy: str


def subject(answer: Answer, found: Finding) -> str:
    """What a finding is about, said so that nobody takes a budget for a file."""
    name, question = found.subject, answer.question
    if name in _WHOLE:
        return _WHOLE[name]
    if name == question.get("budget", {}).get("scope"):
        return f"budget {clean(name)}"
    if name == question.get("environment"):
        return f"environment {clean(name)}"
    return clean(name)


def groups(answer: Answer, findings: Sequence[Finding]) -> Iterator[Group]:
    """Findings of one rule with one remedy together, in their order; of one message, named once."""
    for (_, remedy), same in _together(findings, lambda found: (found.rule_id, found.remedy)):
        said = _together(same, lambda found: (found.message, tuple(extras(found))))
        yield Group(
            tuple(
                Saying(tuple(subject(answer, f) for f in of), message, same[0].rule_id, more)
                for (message, more), of in said
            ),
            remedy,
        )


def waiver_entries(answer: Answer) -> list[list[str]]:
    """For each denial that can be waived the lines of its entry, ready but for owner and reason."""
    return [_entry(answer, found) for found in _waivable(answer)]


def _entry(answer: Answer, found: Finding) -> list[str]:
    question = answer.question
    asked = datetime.fromisoformat(question["now"].replace("Z", "+00:00"))
    end = rfc3339((asked + timedelta(days=DAYS)).replace(microsecond=0))
    fields = {
        "rule_id": found.rule_id,
        "subject": found.subject,
        "repository": question["git"]["repository"],
        "environment": question["environment"],
        "owner": "WHO ANSWERS FOR IT",
        "reason": "WHY, AND WHAT ENDS IT",
        "expires_at": end,
        "max_amount": found.amount,
        "currency": found.currency,
    }
    return ["- waiver_id: W-…", *(f"  {name}: {_quoted(str(v))}" for name, v in fields.items())]


def _waivable(answer: Answer) -> list[Finding]:
    denials = in_order(answer.decision.denials)
    found = [
        denial for denial in denials if denial.waivable and AMOUNT.fullmatch(denial.amount or "")
    ]
    # Rules may say several things of one subject; the dearest one's entry excuses them all.
    same = _together(found, lambda denial: (denial.rule_id, denial.subject))
    return [max(denials, key=lambda denial: Decimal(str(denial.amount))) for _, denials in same]


def _together(
    findings: Sequence[Finding], key: Callable[[Finding], Key]
) -> list[tuple[Key, list[Finding]]]:
    """Findings of one key together, in the order in which each key is first met."""
    found: dict[Key, list[Finding]] = {}
    for finding in findings:
        found.setdefault(key(finding), []).append(finding)
    return list(found.items())


def _quoted(text: str) -> str:
    """As YAML reads a text, whatever is in it."""
    return json.dumps(clean(text), ensure_ascii=False)
