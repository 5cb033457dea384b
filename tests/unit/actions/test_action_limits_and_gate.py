"""What the gate is told: sums of the journal to the last decimal, and who owns the resource."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from actions.errors import Refused
from actions.gate import Question, environment, managed_by, tagged
from actions.limits import Use, affected_cost, require_countable, run_facts
from actions.models import (
    DataFacts,
    Observation,
    Plan,
    Reversibility,
    Risk,
    Saving,
    Target,
)

NOW = datetime(2026, 10, 28, 23, 30, tzinfo=UTC)


def plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "plan_id": "plan-1",
        "created_at": NOW,
        "requester": "ana",
        "proposal_id": "p-1",
        "action_id": "aws.ec2_instance.stop",
        "action_version": 1,
        "risk": Risk.LOW,
        "reversibility": Reversibility(kind="undo", undo_action="start", note=""),
        "blast_radius": "one",
        "target": Target(provider="AWS", account_id="1", region="eu-west-1", resource_id="i-1"),
        "owner": "search",
        "parameters": {},
        "observed": Observation(exists=True, resource_type="ec2_instance"),
        "saving": Saving(
            currency="USD", monthly=Decimal("10"), low=Decimal("9"), high=Decimal("11")
        ),
        "evidence": {"kind": "idle_instance", "observed_days": 30},
        "evidence_as_of": NOW,
        "calls": [],
        "undo_calls": [],
    }
    return Plan.model_validate({**values, **changes})


def use(plan_id: str, amount: str, **changes: Any) -> Use:
    values: dict[str, Any] = {
        "plan_id": plan_id,
        "run_id": "run-1",
        "owner": "search",
        "day": "2026-10-28",
        "currency": "USD",
        "amount": Decimal(amount),
    }
    return Use(**{**values, **changes})


def test_run_facts_count_others_only_and_keep_currencies_apart() -> None:
    uses = [
        use("plan-1", "999"),  # the plan itself, on resume
        use("plan-2", "0.10"),
        use("plan-3", "0.20", run_id="run-0"),
        use("plan-4", "5", owner="ads"),
        use("plan-5", "7", currency="EUR"),
        use("plan-6", "9", day="2026-10-27", run_id="run-0"),
    ]
    assert run_facts(plan(), "run-1", NOW, uses) == {
        "actions_in_run": 3,
        "dollars_in_run": "5.1",
        "actions_owner_today": 3,
        "dollars_owner_today": "0.3",
        "affected_monthly_cost": "11",
    }


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({}, "11"),
        ({"monthly_effective_cost": "20.5"}, "20.5"),
        ({"monthly_effective_cost": "1"}, "11"),
        ({"monthly_effective_cost": None}, "11"),
    ],
)
def test_affected_cost_is_never_below_the_saving(evidence: dict[str, Any], expected: str) -> None:
    assert affected_cost(plan(evidence=evidence)) == Decimal(expected)


@pytest.mark.parametrize("cost", ["much", "9,000.00", "Infinity", "NaN", ["9000"], True, ""])
@pytest.mark.parametrize("key", ["monthly_effective_cost", "monthly_cost"])
def test_stated_cost_that_cannot_be_read_is_refused_not_passed_over(key: str, cost: Any) -> None:
    with pytest.raises(Refused, match=key):
        affected_cost(plan(evidence={key: cost}))


@pytest.mark.parametrize("amount", ["1.1e15", "1e30", "1e300", "-1e16"])
def test_amount_too_large_to_count_is_refused(amount: str) -> None:
    value = Decimal(amount)
    made = plan(saving=Saving(currency="USD", monthly=value, low=value, high=value))
    with pytest.raises(Refused, match="beyond"):
        require_countable(made)
    with pytest.raises(Refused, match="beyond"):
        question(made, made.observed)


@pytest.mark.parametrize(
    ("tags", "inventory", "expected"),
    [
        ({}, None, None),
        ({"Environment": " Staging "}, None, "staging"),
        ({"environment": "dev", "Environment": "production"}, None, "production"),
        ({"environment": "sandbox", "env": "Prod"}, None, "prod"),
        ({"environment": "sandbox"}, "production", "production"),
        ({"environment": "sandbox", "env": "shared"}, None, "sandbox or shared"),
        ({"environment": "sandbox", "env": ""}, "sandbox", "sandbox"),
    ],
)
def test_environments_that_disagree_are_production_or_not_known(
    tags: dict[str, str], inventory: str | None, expected: str | None
) -> None:
    assert environment(tags, inventory) == expected


@pytest.mark.parametrize(
    ("tags", "inventory", "expected"),
    [
        ({"managed-by": "manual", "ManagedBy": "terraform"}, None, "terraform"),
        ({"managed-by": "console"}, "terraform", "terraform"),
        ({"managed-by": "console", "managed_by": "manual"}, None, "console"),
        ({}, "pulumi", "pulumi"),
        ({"managed-by": " "}, None, None),
    ],
)
def test_any_tool_that_owns_goes_before_a_hand(
    tags: dict[str, str], inventory: str | None, expected: str | None
) -> None:
    assert managed_by(tags, inventory) == expected


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({}, None),
        ({"team": "a"}, None),
        ({"aws:cloudformation:stack-name": "web"}, "cloudformation"),
        ({"Managed-By": "Terraform "}, "terraform"),
        ({"managed_by": "manual"}, "manual"),
        ({"kubernetes.io/cluster/blue": "owned"}, "kubernetes"),
        ({"terraform-module": "x", "managed-by": "manual"}, "terraform"),
    ],
)
def test_manager_is_read_from_tags(tags: dict[str, str], owner: str | None) -> None:
    assert managed_by(tags) == owner


def test_tags_are_found_whatever_their_case_and_empty_ones_are_not_there() -> None:
    assert tagged({"Environment": "Prod"}, ("environment", "env")) == "Prod"
    assert tagged({"environment": "", "ENV": "dev"}, ("environment", "env")) == "dev"
    assert tagged({}, ("environment",)) is None


def question(made: Plan, observed: Observation) -> dict[str, Any]:
    return Question(
        stage="plan",
        mode="dry_run",
        plan=made,
        observed=observed,
        changed=False,
        run={},
        data=DataFacts(control_totals_ok=True, data_as_of=NOW),
        now=NOW,
        approval=None,
        approval_required=True,
    ).as_input()


def test_production_wins_over_the_inventory_and_the_inventory_fills_what_tags_lack() -> None:
    made = plan(evidence={"environment": "sandbox", "managed_by": "Terraform"})
    tagged_one = Observation(exists=True, resource_type="x", tags={"environment": "production"})
    resource = question(made, tagged_one)["resource"]
    assert resource["environment"] == "production"
    assert resource["managed_by"] == "terraform"


def test_amounts_reach_the_gate_as_plain_decimals() -> None:
    saving = Saving(
        currency="USD", monthly=Decimal("1E+2"), low=Decimal("0.0"), high=Decimal("100.10")
    )
    asked = question(plan(saving=saving), plan().observed)["saving"]
    assert asked == {"currency": "USD", "monthly": "100", "low": "0", "high": "100.1"}
