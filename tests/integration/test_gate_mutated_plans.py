"""A denied plan does not become an allowed one by losing or garbling any part of its file."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policies.bundle import read_bundle
from policies.checks import opa_program
from policies.deployment.budget import configured_budget
from policies.deployment.changes import PlanError
from policies.deployment.gate import build_question
from policies.deployment.plan import parse_plan
from policies.engine import PolicyEngine
from policies.opa import OpaProgram

PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"
NOW = datetime(2026, 10, 28, tzinfo=UTC)


def only(address: str, **after: Any) -> dict[str, Any]:
    """The recorded plan, reduced to one of its resources, which has a schedule."""
    plan: dict[str, Any] = json.loads((PLANS / "create.json").read_text())
    plan["resource_changes"] = [c for c in plan["resource_changes"] if c["address"] == address]
    plan["resource_changes"][0]["change"]["after"].update(after)
    tags = plan["resource_changes"][0]["change"]["after"].get("tags_all")
    if tags:
        tags["schedule"] = "office-hours"
    root = plan["planned_values"]["root_module"]
    root["resources"] = [r for r in root["resources"] if r["address"] == address]
    for resource in root["resources"]:
        resource["values"] = copy.deepcopy(plan["resource_changes"][0]["change"]["after"])
    for written in plan["configuration"]["root_module"]["resources"]:
        if written["address"] == address.partition("[")[0]:
            written["expressions"] |= {n: {"constant_value": v} for n, v in after.items()}
    root["child_modules"] = [
        child for child in root["child_modules"]
        if any(r["address"] == address for r in child["resources"])
    ]  # fmt: skip
    return plan


def damaged(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from damaged(inner, (*path, key))


def versions(plan: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in damaged({"resource_changes": plan["resource_changes"], **plan}):
        damages: tuple[Any, ...] = ("removed", None, 12345, "x", [], {})
        for what in damages:
            changed = copy.deepcopy(plan)
            place: Any = changed
            for key in path[:-1]:
                place = place[key]
            if what == "removed":
                del place[path[-1]]
            else:
                place[path[-1]] = what
            yield f"{path} -> {what}", changed


@pytest.mark.parametrize(
    ("plan", "environment", "denied_by"),
    [
        (only("aws_instance.web[0]", instance_type="m5.4xlarge"), "sandbox",
         "deployment.monthly_budget_delta"),
        (only("aws_ebs_volume.late_tag"), "staging", "deployment.required_tags"),
    ],
    ids=["too dear", "untagged"],
)  # fmt: skip
def test_no_damage_to_a_denied_plan_gets_it_allowed(
    plan: dict[str, Any], environment: str, denied_by: str
) -> None:
    engine = PolicyEngine(OpaProgram(opa_program(), timeout=120))
    budget = configured_budget(read_bundle())

    def ask(document: object) -> dict[str, Any]:
        return build_question(parse_plan(document), budget, environment, now=NOW)

    whole = engine.decide("deployment", ask(plan))
    assert {denial.rule_id for denial in whole.denials} == {denied_by}
    questions, names = [], []
    for name, changed in versions(plan):
        try:
            questions.append(ask(changed))
            names.append(name)
        except PlanError:
            continue
    answers = engine.decide_many("deployment", questions)
    assert len(answers) > 500
    allowed = [name for name, answer in zip(names, answers, strict=True) if answer.allow]
    assert not allowed
