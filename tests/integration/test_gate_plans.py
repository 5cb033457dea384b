"""Real and hand-made plans of three clouds, each with the decision that is expected of it.

`expected.yaml` beside the plans says environment, denying rules, difference, bounds, coverage and
what has no price. The prices are those of the sample, so the amounts change only with it.
"""

import json
import runpy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.bundle import read_bundle
from policies.checks import opa_program
from policies.deployment.budget import configured_budget
from policies.deployment.gate import build_question
from policies.deployment.plan import merge_plans, read_plan
from policies.engine import PolicyEngine
from policies.models import Decision
from policies.opa import OpaProgram

PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((PLANS / "expected.yaml").read_text())
NOW = datetime(2026, 10, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def questions() -> dict[str, dict[str, Any]]:
    budget = configured_budget(read_bundle(), spent="1000", forecast="2000")
    return {
        name: build_question(
            read_plan(PLANS / f"{name}.json"), budget, entry["environment"], now=NOW
        )
        for name, entry in EXPECTED.items()
    }


@pytest.fixture(scope="module")
def answers(questions: dict[str, dict[str, Any]]) -> dict[str, Decision]:
    engine = PolicyEngine(opa=OpaProgram(opa_program(), timeout=120))
    decided = engine.decide_many("deployment", list(questions.values()))
    return dict(zip(questions, decided, strict=True))


def test_every_plan_has_an_expected_decision() -> None:
    files = {path.stem for path in PLANS.glob("*.json")}
    assert files - {"state", "terraform_tfstate"} == set(EXPECTED)
    assert len(EXPECTED) >= 25


@pytest.mark.parametrize("name", EXPECTED)
def test_plan_is_priced_and_decided_as_expected(
    name: str, questions: dict[str, dict[str, Any]], answers: dict[str, Decision]
) -> None:
    found, answer = questions[name]["estimate"], answers[name]
    assert answer.decided, answer.denials
    open_lines = {x["address"]: x["status"] for x in found["lines"] if x["status"] != "priced"}
    assert {
        "environment": questions[name]["environment"],
        "denied_by": sorted({denial.rule_id for denial in answer.denials}),
        "delta": found["monthly_delta"],
        "low": found["low"],
        "high": found["high"],
        "coverage": found["coverage_pct"],
        "open": open_lines,
    } == EXPECTED[name]


def test_hand_made_plans_are_those_of_their_script() -> None:
    script = runpy.run_path(str(PLANS / "source" / "handmade.py"))
    for name, resources in script["PLANS"].items():
        written = json.loads((PLANS / f"handmade_{name}.json").read_text())
        assert written == script["plan"](resources), name


def lines(question: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {line["address"]: line for line in question["estimate"]["lines"]}


def resources(question: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {resource["address"]: resource for resource in question["plan"]["resources"]}


def test_group_that_stays_pays_for_its_changed_template(
    questions: dict[str, dict[str, Any]],
) -> None:
    question = questions["aws_lifecycle"]
    assert resources(question)["aws_autoscaling_group.web"]["actions"] == ["no-op"]
    line = lines(question)["aws_autoscaling_group.web"]
    # Two machines from t3.medium to t3.large.
    assert (line["monthly_before"], line["monthly_after"]) == ("67.98", "134.56")


def test_deposed_object_is_deleted_beside_the_living_one(
    questions: dict[str, dict[str, Any]],
) -> None:
    deposed = [r for r in resources(questions["aws_lifecycle"]).values() if r["deposed"]]
    assert [r["address"] for r in deposed] == ["aws_ebs_volume.half_replaced (deposed 9f3c1a7e)"]
    assert deposed[0]["actions"] == ["delete"]


def test_imported_resource_is_listed_and_costs_what_it_did(
    questions: dict[str, dict[str, Any]],
) -> None:
    (taken,) = questions["aws_import"]["plan"]["resources"]
    assert taken["imported"]
    assert questions["aws_import"]["estimate"]["monthly_delta"] == "0.00"


def test_regions_come_through_aliases_and_two_modules(
    questions: dict[str, dict[str, Any]],
) -> None:
    regions = {r["address"].split(".")[1]: r["region"]
               for r in questions["aws_regions"]["plan"]["resources"]}  # fmt: skip
    assert regions == {"here": "eu-west-1", "there[0]": "us-east-1", "there[1]": "us-east-1"}


def test_database_is_where_its_server_is(questions: dict[str, dict[str, Any]]) -> None:
    found = resources(questions["handmade_azure_data"])
    assert found["azurerm_mssql_database.orders"]["region"] == "westeurope"


def test_owner_cost_centre_and_attributes_are_facts(questions: dict[str, dict[str, Any]]) -> None:
    machine = resources(questions["handmade_google_machines"])["google_compute_instance.model"]
    assert (machine["owner"], machine["cost_center"]) == ("shop", "cc-100")
    assert machine["attributes"] == {
        "machine_type": "n1-standard-8",
        "machine_types": "n1-standard-8",
        "accelerators": "nvidia-tesla-t4",
    }


def test_passwords_of_plans_are_in_no_question(questions: dict[str, dict[str, Any]]) -> None:
    assert "correct-horse" not in str(questions)


def test_several_plans_are_one_change_led_by_their_names() -> None:
    names = ("create", "partial", "handmade_google_group")
    plan = merge_plans([(name, read_plan(PLANS / f"{name}.json")) for name in names])
    assert not plan.complete
    assert any(r.address == "create: aws_nat_gateway.main" for r in plan.resources)
    budget = configured_budget(read_bundle())
    found = build_question(plan, budget, "staging", now=NOW)["estimate"]
    group = "handmade_google_group: google_compute_instance_group_manager.web"
    assert {line["address"]: line["monthly_after"] for line in found["lines"]}[group] == "230.40"
