"""What the caller states of regions fills what a plan leaves open, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.deployment.changes import PlanError
from policies.deployment.plan import Plan, parse_plan
from policies.deployment.regions import parse_regions, with_regions

PLANS = Path(__file__).parents[4] / "policies/examples/deployment/plans"


def unplaced() -> Plan:
    """The recorded plan, made with AWS_REGION: no provider says where it is."""
    document: dict[str, Any] = json.loads((PLANS / "create.json").read_text())
    for provider in document["configuration"]["provider_config"].values():
        provider.get("expressions", {}).pop("region", None)
    return parse_plan(document)


def regions(plan: Plan) -> dict[str, str]:
    return {change.address: change.region for change in plan.resources}


def test_stated_region_fills_what_the_plan_leaves_open() -> None:
    before = regions(unplaced())
    open_ = {address for address, region in before.items() if region == "unknown"}
    assert open_ and open_ != set(before)
    plan = with_regions(unplaced(), parse_regions(["aws=Us-East-1"]))
    assert regions(plan) == {a: "us-east-1" if a in open_ else r for a, r in before.items()}
    assert plan.stated_regions == (("aws", "us-east-1", len(open_)),)


def test_region_of_another_provider_is_not_used() -> None:
    plan = with_regions(unplaced(), parse_regions(["google=europe-west4"]))
    assert regions(plan) == regions(unplaced())
    assert plan.stated_regions == ()


@pytest.mark.parametrize("text", ["aws", "=eu-west-1", "aws=", "aws= "])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="PROVIDER=REGION"):
        parse_regions([text])


def test_two_regions_of_one_provider_are_refused() -> None:
    with pytest.raises(PlanError, match="two regions for aws"):
        parse_regions(["aws=eu-west-1", "aws=us-east-1"])
