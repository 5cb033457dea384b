"""Replay: what a changed bundle would have decided on the questions that were recorded.

Belongs here: asking the recorded questions again and comparing the answers. Does not belong here:
words and layout (`replay_report.py`). Nothing of a replay is recorded as a decision.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from policies.bundle import Bundle, BundleError, read_bundle
from policies.decisions import Record
from policies.engine import PolicyEngine
from policies.models import ENGINE, Decision, Finding, rfc3339
from policies.opa import OpaError, OpaProgram

Outcome = Literal["allowed", "denied"]
Kind = Literal["other_schema", "not_decided_then", "not_decidable"]
Status = Literal["denied", "waived", "warned", "nothing"]

# The engine could ask, but not about this one question; any other refusal is of the whole bundle.
OF_THE_QUESTION = {"input_invalid", "failed"}
# What the gate itself says if a rule that it requires was not evaluated.
RULE_MISSING = "gate.required_rule"
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class ReplayError(RuntimeError):
    """The replay could not run; the message says why and what to do."""


@dataclass(frozen=True)
class Moved:
    """A denial that appears or disappears: what was found, and what else the other side says."""

    finding: Finding
    elsewhere: Status

    def to_dict(self) -> dict[str, Any]:
        """As JSON; `elsewhere` is what the other bundle makes of the same rule and subject."""
        found = self.finding
        return {
            "rule_id": found.rule_id,
            "subject": found.subject,
            "message": found.message,
            "amount": found.amount,
            "currency": found.currency,
            "elsewhere": self.elsewhere,
        }


@dataclass(frozen=True)
class Change:
    """One recorded decision that the candidate bundle would have made otherwise."""

    decision_id: str
    decided_at: datetime
    subject: str
    was: Outcome
    would_be: Outcome
    appears: tuple[Moved, ...]
    disappears: tuple[Moved, ...]

    @property
    def stake(self) -> tuple[Decimal, str] | None:
        """The largest amount that is at stake in what appears or disappears, and its currency."""
        moved = (*self.appears, *self.disappears)
        return max(filter(None, (_amount(m.finding) for m in moved)), default=None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; `amount` in `currency` is the stake, null where no finding has one."""
        amount, currency = self.stake or (None, None)
        return {
            "decision_id": self.decision_id,
            "decided_at": rfc3339(self.decided_at),
            "subject": self.subject,
            "was": self.was,
            "would_be": self.would_be,
            "amount": None if amount is None else str(amount),
            "currency": currency,
            "appears": [moved.to_dict() for moved in self.appears],
            "disappears": [moved.to_dict() for moved in self.disappears],
        }


@dataclass(frozen=True)
class Undecided:
    """A recorded decision that cannot be compared: never counted as allowed, nor as denied."""

    decision_id: str
    decided_at: datetime
    subject: str
    was: Outcome
    kind: Kind
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "decided_at": rfc3339(self.decided_at)}


@dataclass
class Replay:
    """The comparison: counts of all decisions, and each one that differs."""

    gate: str
    bundle: str
    revision: str
    bundle_sha256: str
    since: datetime
    # The folder of the bundle compared with; None for what was recorded.
    against: str | None = None
    decisions: int = 0
    would_deny: int = 0
    # Of those that would be denied: a waiver had excused what would deny.
    were_waived: int = 0
    # Of all: the candidate's waivers, or the question's, would excuse something.
    would_be_waived: int = 0
    changes: list[Change] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    # Decisions in which the rule's warnings would newly be reported, by rule.
    new_warnings: Counter[str] = field(default_factory=Counter)

    @property
    def compared(self) -> int:
        """Number of decisions that both bundles have made."""
        return self.decisions - len(self.undecided)

    @property
    def new_denials(self) -> list[Change]:
        """What was allowed and would be denied, the largest stake first."""
        return self._changed("allowed", "denied")

    @property
    def new_allows(self) -> list[Change]:
        """What was denied and would be allowed, the largest stake first."""
        return self._changed("denied", "allowed")

    @property
    def other_denials(self) -> list[Change]:
        """What was denied and still would be, but by other rules or for other subjects."""
        return self._changed("denied", "denied")

    def rules(self) -> list[tuple[str, int, int]]:
        """Each rule that denies more or less: in how many decisions it appears, and disappears."""
        appears = Counter(chain.from_iterable(_rules(c.appears) for c in self.changes))
        disappears = Counter(chain.from_iterable(_rules(c.disappears) for c in self.changes))
        return [(r, appears[r], disappears[r]) for r in sorted(appears.keys() | disappears.keys())]

    def to_dict(self) -> dict[str, Any]:
        """As JSON; amounts are decimal text, times RFC 3339."""
        return {
            "gate": self.gate,
            "bundle": {
                "path": self.bundle,
                "revision": self.revision,
                "sha256": self.bundle_sha256,
            },
            "against": self.against,
            "since": rfc3339(self.since),
            "counts": {
                "decisions": self.decisions,
                "compared": self.compared,
                "would_deny": self.would_deny,
                "were_waived": self.were_waived,
                "would_be_waived": self.would_be_waived,
                "new_denials": len(self.new_denials),
                "new_allows": len(self.new_allows),
                "other_denials": len(self.other_denials),
                "undecided": len(self.undecided),
            },
            "rules": [
                {"rule_id": rule, "appears": more, "disappears": less}
                for rule, more, less in self.rules()
            ],
            "new_warnings": dict(sorted(self.new_warnings.items())),
            "new_denials": [change.to_dict() for change in self.new_denials],
            "new_allows": [change.to_dict() for change in self.new_allows],
            "other_denials": [change.to_dict() for change in self.other_denials],
            "undecided": [one.to_dict() for one in self.undecided],
        }

    def _changed(self, was: Outcome, would_be: Outcome) -> list[Change]:
        found = [c for c in self.changes if (c.was, c.would_be) == (was, would_be)]
        return sorted(found, key=_by_stake)


def parse_since(text: str, now: datetime) -> datetime:
    """The start of a replay: a span back from `now` (`90d`, `12h`, `4w`), or an ISO date or time.

    A time without a zone is UTC. ReplayError for anything else, and for the future.
    """
    span = re.fullmatch(r"([0-9]{1,5})([hdw])", text)
    try:
        if span:
            return now - timedelta(**{UNITS[span[2]]: int(span[1])})
        since = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ReplayError(
            f"--since {text!r} is no time: write 90d, 12h, 4w, or a date such as 2026-09-01"
        ) from error
    since = since.replace(tzinfo=UTC) if since.tzinfo is None else since.astimezone(UTC)
    if since > now:
        raise ReplayError(f"--since {text!r} lies in the future; decisions are of the past")
    return since


def open_candidate(opa: OpaProgram, root: Path, gate: str) -> Bundle:
    """The bundle at `root`, if it can decide for the gate; ReplayError names what is wrong.

    It needs the program, since a server holds the policies in force, and no others are put there.
    """
    try:
        bundle = read_bundle(root)
        _ = bundle.revision
        if not bundle.rules(gate):
            raise ReplayError(f"{root} has no rules of the gate {gate} (finops/{gate}/rules)")
        opa.compile_pure(bundle)
    except (BundleError, OSError) as error:
        raise ReplayError(f"the bundle cannot be read: {error}") from error
    except OpaError as error:
        raise ReplayError(f"{root} does not compile: {error}; correct it") from error
    return bundle


def replay(
    opa: OpaProgram,
    bundle: Bundle,
    gate: str,
    since: datetime,
    pages: Iterable[Sequence[Record]],
    *,
    against: Bundle | None = None,
) -> Replay:
    """Ask the bundle each recorded question again, and compare; holds one page at a time.

    Compared is with what was recorded, or with what `against` answers today. Rules and waivers
    judge by the time that is part of the question, as they did then. Raises ReplayError where a
    bundle, as opposed to one question, cannot be decided by.
    """
    base = None if against is None else str(against.root)
    found = Replay(gate, str(bundle.root), bundle.revision, bundle.sha256, since, base)
    for page in pages:
        reasons = [_not_comparable(record, gate) for record in page]
        found.decisions += len(page)
        found.undecided += filter(None, reasons)
        asked = [r for r, reason in zip(page, reasons, strict=True) if reason is None]
        before = [r.decision for r in asked] if against is None else _ask(opa, against, gate, asked)
        after = _ask(opa, bundle, gate, asked)
        for record, then, answer in zip(asked, before, after, strict=True):
            _compare(found, record, then, answer)
    return found


def _ask(opa: OpaProgram, bundle: Bundle, gate: str, records: Sequence[Record]) -> list[Decision]:
    questions = [record.question for record in records]
    answers = PolicyEngine(opa, bundle.root).decide_many(gate, questions)
    for record, answer in zip(records, answers, strict=True):
        _demand_fit(bundle, record.decision.decision_id, answer)
    return answers


def _not_comparable(record: Record, gate: str) -> Undecided | None:
    """Why a record cannot be asked again; None if it can."""
    schema = record.question.get("schema") if isinstance(record.question, dict) else None
    if schema != f"{gate}/v1":
        reason = f"the question is of schema {schema}, this Tollgate asks {gate}/v1"
        return _undecided(record, "other_schema", reason)
    if not record.decision.decided:
        (refusal,) = record.decision.denials
        return _undecided(record, "not_decided_then", f"{refusal.rule_id}: {refusal.message}")
    return None


def _demand_fit(bundle: Bundle, decision_id: str, answer: Decision) -> None:
    if answer.bundle_sha256 != bundle.sha256:
        raise ReplayError(f"{bundle.root} changed while it was replayed; run it again")
    for denial in answer.denials:
        kind = denial.rule_id.removeprefix(ENGINE)
        refused = not answer.decided and kind not in OF_THE_QUESTION
        if refused or denial.rule_id == RULE_MISSING:
            raise ReplayError(
                f"{bundle.root} cannot decide on the question of {decision_id}: {denial.message}; "
                "correct the bundle and run it again"
            )


def _compare(found: Replay, record: Record, then: Decision, answer: Decision) -> None:
    for side in (then, answer):
        if not side.decided:
            found.undecided.append(_refused(record, side.denials[0]))
            return
    appears, disappears = _moved(answer, then), _moved(then, answer)
    if appears or disappears:
        found.changes.append(
            Change(
                decision_id=record.decision.decision_id,
                decided_at=record.decision.decided_at,
                subject=record.subject,
                was=_outcome(then),
                would_be=_outcome(answer),
                appears=appears,
                disappears=disappears,
            )
        )
    found.would_deny += not answer.allow
    found.were_waived += not answer.allow and any(m.elsewhere == "waived" for m in appears)
    found.would_be_waived += bool(answer.waived)
    found.new_warnings.update(_rule_ids(answer.warnings) - _rule_ids(then.warnings))


def _refused(record: Record, refusal: Finding) -> Undecided:
    if refusal.rule_id == f"{ENGINE}input_invalid":
        reason = f"its form is not this version's: {refusal.message}"
        return _undecided(record, "other_schema", reason)
    return _undecided(record, "not_decidable", refusal.message)


def _moved(here: Decision, there: Decision) -> tuple[Moved, ...]:
    """The denials of `here` that `there` has not, and what it has instead."""
    denied = {_key(other) for other in there.denials}
    waived = {_key(other) for other in there.waived}
    # A rule may warn of another thing about the same subject, so the words count too.
    warned = {(_key(other), other.message) for other in there.warnings}

    def elsewhere(found: Finding) -> Status:
        if _key(found) in waived:
            return "waived"
        return "warned" if (_key(found), found.message) in warned else "nothing"

    moved = {_key(found): Moved(found, elsewhere(found)) for found in here.denials}
    return tuple(moved[key] for key in sorted(moved.keys() - denied))


def _key(finding: Finding) -> tuple[str, str]:
    """What makes a finding the same under two bundles: wording and amounts may differ."""
    return finding.rule_id, finding.subject


def _rules(moved: Iterable[Moved]) -> set[str]:
    return {one.finding.rule_id for one in moved}


def _rule_ids(findings: Iterable[Finding]) -> set[str]:
    return {finding.rule_id for finding in findings}


def _outcome(decision: Decision) -> Outcome:
    return "allowed" if decision.allow else "denied"


def _undecided(record: Record, kind: Kind, reason: str) -> Undecided:
    then = record.decision
    return Undecided(
        then.decision_id, then.decided_at, record.subject, _outcome(then), kind, reason
    )


def _amount(finding: Finding) -> tuple[Decimal, str] | None:
    """What is at stake in a finding; None where it has no amount (a placeholder, or null)."""
    try:
        amount = Decimal(finding.amount or "")
    except InvalidOperation:
        return None
    return (amount, finding.currency or "") if amount.is_finite() else None


def _by_stake(change: Change) -> tuple[bool, str, Decimal, datetime]:
    """Largest first within a currency: amounts of two currencies cannot be compared."""
    amount, currency = change.stake or (Decimal(0), "")
    return change.stake is None, currency, -amount, change.decided_at
