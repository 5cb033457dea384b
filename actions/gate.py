"""The question to the remediation gate, and the answer on record.

Belongs here: turning a plan and what was just read from the cloud into the gate's input.
Does not belong here: any rule. Whether something may happen is said by the policies alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from actions.approvals import Approval
from actions.errors import Refused
from actions.models import LARGEST_AMOUNT, DataFacts, Observation, Plan, in_range, rfc3339

ENVIRONMENT_TAGS = ("environment", "env", "stage")
MANAGER_TAGS = ("managed-by", "managed_by", "managedby")
OWNER_TAGS = ("team", "owner")
PRODUCTION = ("production", "prod")
BY_HAND = frozenset({"manual", "console"})
# Tags that a tool leaves on what it owns, whatever people tag.
MARKS = (
    ("aws:cloudformation:", "cloudformation"),
    ("aws:servicecatalog:", "servicecatalog"),
    ("aws:elasticbeanstalk:", "elasticbeanstalk"),
    ("elasticbeanstalk:", "elasticbeanstalk"),
    ("kubernetes.io/", "kubernetes"),
    ("ebs.csi.aws.com/", "kubernetes"),
    ("karpenter.sh/", "kubernetes"),
    ("eks:", "kubernetes"),
    ("terraform", "terraform"),
    ("pulumi:", "pulumi"),
)


@dataclass(frozen=True)
class Question:
    """Everything that a decision on one plan depends on."""

    stage: Literal["plan", "execute"]
    mode: Literal["dry_run", "apply"]
    plan: Plan
    observed: Observation
    changed: bool
    run: Mapping[str, Any]
    data: DataFacts
    now: datetime
    approval: Approval | None
    approval_required: bool

    def as_input(self) -> dict[str, Any]:
        """The input of `policies/schemas/remediation.v1.json`."""
        plan, approval = self.plan, self.approval
        return {
            "schema": "remediation/v1",
            "now": rfc3339(self.now),
            "mode": self.mode,
            "stage": self.stage,
            "plan": {
                "plan_id": plan.plan_id,
                "plan_hash": plan.plan_hash,
                "action_id": plan.action_id,
                "risk": plan.risk.value,
                "reversibility": plan.reversibility.model_dump(),
                "parameters": plan.parameters,
            },
            "resource": {
                "provider": plan.target.provider,
                "account_id": plan.target.account_id,
                "region": plan.target.region,
                "resource_id": plan.target.resource_id,
                "resource_type": self.observed.resource_type,
                "tags": self.observed.tags,
                "environment": environment(self.observed.tags, _stated(plan, "environment")),
                "owner": plan.owner,
                "managed_by": managed_by(self.observed.tags, _stated(plan, "managed_by")),
                "exists": self.observed.exists,
                "changed_since_plan": self.changed,
            },
            "saving": {
                "currency": plan.saving.currency,
                "monthly": _amount(plan.saving.monthly),
                "low": _amount(plan.saving.low),
                "high": _amount(plan.saving.high),
            },
            "evidence": {
                "kind": plan.evidence.get("kind") or plan.evidence.get("waste_kind"),
                "as_of": rfc3339(plan.evidence_as_of),
                "observed_days": plan.evidence.get("observed_days"),
                "facts": plan.evidence,
            },
            "data": {
                "control_totals_ok": self.data.control_totals_ok,
                "data_as_of": rfc3339(self.data.data_as_of),
            },
            "run": dict(self.run),
            "approval": {
                "required": self.approval_required,
                "given": approval is not None,
                "approver": approval.approver if approval else None,
                "requester": plan.requester,
                "given_at": rfc3339(approval.given_at) if approval else None,
                "expires_at": rfc3339(approval.expires_at) if approval else None,
                "plan_hash": approval.plan_hash if approval else None,
            },
            "waivers": [],
        }


def tagged(tags: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The value of the first of these tags that is set, whatever the case of its key."""
    plain = {key.lower(): value for key, value in tags.items()}
    return next((plain[name] for name in names if plain.get(name)), None)


def environment(tags: Mapping[str, str], inventory: str | None = None) -> str | None:
    """The environment that tags and inventory agree on.

    Where they do not, production if anything says so, else all that was said: together it is no
    environment that the gate knows, so it denies and its message shows the conflict.
    """
    found = _said(tags, ENVIRONMENT_TAGS, inventory)
    conflict = " or ".join(found) or None
    return next((name for name in PRODUCTION if name in found), conflict)


def managed_by(tags: Mapping[str, str], inventory: str | None = None) -> str | None:
    """Which tool owns the resource, from what the tool marks, people tag and the inventory says.

    Any tool goes before a hand: what one source calls code is not changed behind its back.
    """
    for prefix, tool in MARKS:
        if any(key.strip().lower().startswith(prefix) for key in tags):
            return tool
    found = _said(tags, MANAGER_TAGS, inventory)
    return next((name for name in found if name not in BY_HAND), next(iter(found), None))


def _said(tags: Mapping[str, str], names: tuple[str, ...], inventory: str | None) -> list[str]:
    """Every distinct value of these tags and of the inventory, in a fixed order."""
    values = {value.strip().lower() for key, value in tags.items() if key.strip().lower() in names}
    return sorted((values | {inventory or ""}) - {""})


def _stated(plan: Plan, fact: str) -> str | None:
    """What the inventory behind the proposal knows and the resource's tags do not say."""
    value = plan.evidence.get(fact)
    return value.strip().lower() or None if isinstance(value, str) else None


def _amount(value: Decimal) -> str:
    if not in_range(value):
        raise Refused(
            f"the saving {value} is beyond {LARGEST_AMOUNT:,f} a month and cannot be decided on; "
            "correct the proposal and plan again"
        )
    # The gate reads at most twelve decimals; the plan itself keeps all of them.
    return format(value.quantize(Decimal("1e-12")).normalize(), "f")
