"""Where a plan stands by its journal events alone; the plans table only repeats that.

Belongs here: from events to a status and a decision.
Does not belong here: reading or writing either (see `journal` and `plans`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actions.journal import Event
from actions.limits import STARTED
from actions.models import Status

ALLOWED, DECIDED = "plan_allowed", "decided"
_AFTER = {
    # Until the gate has spoken, a plan counts as denied.
    "planned": Status.DENIED,
    "plan_denied": Status.DENIED,
    "approved": Status.APPROVED,
    "superseded": Status.SUPERSEDED,
    STARTED: Status.APPLYING,
    "applied": Status.APPLIED,
    "already_done": Status.ALREADY_DONE,
    "failed": Status.FAILED,
    "aborted": Status.ABORTED,
    "undo_started": Status.UNDOING,
    "undone": Status.UNDONE,
}
# Events that rest on the decision that their run asked for just before.
_RESTS_ON_DECISION = frozenset({ALLOWED, "plan_denied", STARTED})
# All that a standing is read from.
KINDS = frozenset({*_AFTER, ALLOWED, DECIDED})


@dataclass(frozen=True)
class Standing:
    """What the journal says of one plan; `status` is None where it was never made."""

    plan_hashes: frozenset[str | None]
    status: Status | None
    decision_id: str | None


# Of a plan of which the journal knows nothing.
NOBODYS = Standing(frozenset(), None, None)


def standing(events: Iterable[Event]) -> Standing:
    """The standing of one plan after its events, in order; what is not of `KINDS` is skipped."""
    hashes: set[str | None] = set()
    status: Status | None = None
    decision_id: str | None = None
    asked: dict[str, str | None] = {}
    for event in events:
        if event.event == "planned":
            hashes.add(event.detail.get("plan_hash"))
        if event.event == DECIDED:
            asked[event.run_id] = event.detail.get("decision_id")
        if event.event in _RESTS_ON_DECISION:
            decision_id = asked.get(event.run_id)
        if event.event == ALLOWED:
            # Allowed again, with the same content: an approval that was given stays.
            status = Status.APPROVED if status is Status.APPROVED else Status.PLANNED
        else:
            status = _AFTER.get(event.event, status)
    return Standing(frozenset(hashes), status, decision_id)
