"""Links an estimate to the resource that it became, so that its bill can be found.

Belongs here: matching addresses of a state with those of a recorded decision, and the record of
links. Does not belong here: reading states (`state.py`) and bills (the marts).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from policies.decisions import Record, decisions, read_records
from policies.deployment.billed import NotBilled, billed_apart, billed_names, generated
from policies.deployment.state import StateResource
from policies.models import canonical_json
from policies.store import add_rows, as_stored, for_reading, metadata

GATE = "deployment"
STATE, PLAN = "state", "plan"

LINKS = sa.Table(
    "estimate_links",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("decision_id", sa.String(36), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    # Lists of names in JSON: the resource's own, then those of what is billed with it.
    sa.Column("resource_names", sa.Text, nullable=False),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("applied_at", sa.DateTime(timezone=False), nullable=False),
    sa.Column("linked_at", sa.DateTime(timezone=False), nullable=False),
)
LINK_COLUMNS = ("decision_id", "address", "part", "resource_name", "source", "applied_at")
# What is there after the change, and was estimated.
_STAYS = (["create"], ["update"], ["no-op"], ["delete", "create"], ["create", "delete"])


class LinkError(ValueError):
    """Nothing can be linked; the message says why and what to do."""


@dataclass(frozen=True)
class Link:
    """An address of a decision, and the names that bills may have for it."""

    address: str
    names: list[list[str]]
    source: str


@dataclass(frozen=True)
class Linking:
    """What of a decision could be linked, and why the rest could not, by address."""

    links: tuple[Link, ...]
    left: Mapping[str, str]


def find_decision(store: sa.Engine, *, decision_id: str | None, subject: str) -> Record:
    """The recorded decision of that id, else the newest of the deployment gate about `subject`."""
    if decision_id is None:
        query = (
            sa.select(decisions.c.decision_id)
            .where((decisions.c.gate == GATE) & (decisions.c.subject == subject))
            .order_by(decisions.c.decided_at.desc(), decisions.c.decision_id.desc())
        )
        with for_reading(store).connect() as connection:
            decision_id = connection.execute(query.limit(1)).scalar()
        if decision_id is None:
            raise LinkError(
                f"no decision about {subject} is on record here; give --decision, and the store "
                "of the gate in TOLLGATE_OPS_URL"
            )
    found = read_records(store, decision_id=decision_id, gate=GATE)
    if not found:
        raise LinkError(
            f"no decision {decision_id} of the deployment gate is on record here; copy it from "
            "the gate's answer, and name the gate's store in TOLLGATE_OPS_URL"
        )
    return found[0]


def match(
    record: Record, state: Sequence[StateResource] | None, plan: str | None = None
) -> Linking:
    """What the lines of a decision have become, by a state, or by what the plan knew itself.

    `plan` names the plan among several of one decision: addresses then begin with it.
    """
    if not record.decision.decided:
        raise LinkError(f"decision {record.decision.decision_id} was never reached; ask again")
    changes = {
        change["address"]: change
        for change in record.question["plan"]["resources"]
        if change["actions"] in _STAYS
    }
    priced = {
        line["address"]: billed_apart(line.get("parts", ()))
        for line in record.question["estimate"]["lines"]
        if line["status"] == "priced" and line["price_source"]["kind"] != "free"
    }
    wanted = {address: change for address, change in changes.items() if address in priced}
    if not wanted:
        raise LinkError("the decision has no priced resource that is there after the change")
    found = _of_plan(wanted) if state is None else _of_state(wanted, state, plan)
    links: list[Link] = []
    left: dict[str, str] = {}
    for address, result in found:
        if isinstance(result, Link) and priced[address]:
            left[address] = f"billed under other ids: {', '.join(priced[address])}"
        elif isinstance(result, Link):
            links.append(result)
        else:
            left[address] = result
    if not links:
        why = "; ".join(f"{address}: {reason}" for address, reason in list(left.items())[:3])
        raise LinkError(
            f"no resource of decision {record.decision.decision_id} is linked: {why}; if another "
            "decision is meant, name it with --decision"
        )
    return Linking(tuple(links), left)


def _of_state(
    wanted: Mapping[str, Any], state: Sequence[StateResource], plan: str | None
) -> Iterator[tuple[str, Link | str]]:
    there = {f"{plan}: {r.address}" if plan else r.address: r for r in state}
    owns: set[str] = set()
    for each in state:
        try:
            owns |= set(billed_names(each.type, each.values)[0])
        except NotBilled:
            continue
    for address, change in wanted.items():
        resource = there.get(address)
        if resource is None:
            yield address, "it is not in the state"
            continue
        try:
            own, *others = billed_names(resource.type, resource.values)
        except NotBilled as reason:
            yield address, str(reason)
            continue
        replaced = "delete" in change["actions"]
        before = {name for names in change.get("resource_names", []) for name in names}
        if replaced and generated(own) & before:
            yield address, "the state is from before its replacement; print it after the apply"
            continue
        # A disk that is a resource of its own has a line of its own.
        yield address, Link(address, [own, *(o for o in others if not owns & set(o))], STATE)


def _of_plan(wanted: Mapping[str, Any]) -> Iterator[tuple[str, Link | str]]:
    for address, change in wanted.items():
        names = change.get("resource_names")
        if "create" in change["actions"]:
            yield address, "it is new, so its id is only in the state; give the state"
        elif not names:
            yield address, "the plan has no id by which a bill would know it; give the state"
        else:
            yield address, Link(address, [list(part) for part in names], PLAN)


def record_links(
    store: sa.Engine, decision_id: str, links: Sequence[Link], applied_at: datetime, now: datetime
) -> None:
    """Add all links of a decision, or none."""
    rows = [
        {
            "decision_id": decision_id,
            "address": link.address,
            "resource_names": canonical_json(link.names),
            "source": link.source,
            "applied_at": as_stored(applied_at),
            "linked_at": as_stored(now),
        }
        for link in links
    ]
    add_rows(store, LINKS, rows)


def link_rows(store: sa.Engine) -> list[dict[str, Any]]:
    """The newest link of each address of a decision, a row for each name: `LINK_COLUMNS`."""
    with for_reading(store).connect() as connection:
        rows = connection.execute(sa.select(LINKS).order_by(LINKS.c.seq)).mappings().all()
    newest = {(row["decision_id"], row["address"]): row for row in rows}
    return [
        {
            "decision_id": row["decision_id"],
            "address": row["address"],
            "part": part,
            "resource_name": name,
            "source": row["source"],
            "applied_at": row["applied_at"],
        }
        for row in newest.values()
        for part, names in enumerate(json.loads(row["resource_names"]))
        for name in names
    ]
