"""What Terraform can do beside what a mapping prices is never taken to cost nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from policies.deployment.attributes import Attributes
from policies.deployment.blocks import unpriced
from policies.deployment.budget import Budget
from policies.deployment.changes import PlanError
from policies.deployment.estimate import estimate
from policies.deployment.gate import build_question
from policies.deployment.makers import is_known_maker
from policies.deployment.mapping import TYPES, load_yaml, type_rules
from tests.unit.policies.deployment.made_plans import planned


@pytest.mark.parametrize("kind", ["null_resource", "aws_iam_role", "aws_nat_gateway"])
@pytest.mark.parametrize(
    "maker",
    ["registry.terraform.io/somebody/aws", "mirror.example.com/hashicorp/aws",
     "registry.terraform.io/hashicorp/awscc", "registry.terraform.io/hashicorp/google"],
)  # fmt: skip
def test_another_provider_that_uses_a_known_name_has_no_price(kind: str, maker: str) -> None:
    """A provider of one's own called its virtual machines `aws_iam_role`, which is free."""
    (line,) = estimate(planned({f"{kind}.x": {}}, maker=maker)).lines
    assert (line.status, line.after) == ("unmapped", None)
    assert maker in line.note


@pytest.mark.parametrize(
    ("address", "status"),
    [("terraform_data.x", "priced"), ("aws_nat_gateway.x", "priced"), ("aws_new.x", "unmapped")],
)
def test_program_that_runs_beside_a_change_is_not_counted_and_said(
    address: str, status: str
) -> None:
    """`local-exec` starts what it likes with the credentials of the apply, on a free resource."""
    (line,) = estimate(planned({address: {}}, programs=("file", "local-exec"))).lines
    assert line.status == status
    assert line.not_counted == ("what its local-exec runs",)
    assert "not counted: what its local-exec runs" in line.note


def test_program_does_not_run_where_its_resource_stays_or_is_updated() -> None:
    for there in ({"unchanged": frozenset({"terraform_data.x"})},
                  {"updated": {"terraform_data.x": {"input": "other"}}}):  # fmt: skip
        plan = planned({"terraform_data.x": {}}, programs=("local-exec",), **there)
        assert not any(line.not_counted for line in estimate(plan).lines)


def test_every_type_is_made_by_somebody() -> None:
    names = [name for name in type_rules() if "." not in name]
    for name in (*names, *load_yaml(TYPES / "free.yaml")["types"]):
        word = name.partition("_")[0]
        makers = load_yaml(TYPES / "makers.yaml")
        assert word in {**makers["sources"], **makers["builtin"]}, name


def test_both_registries_and_the_program_itself_are_known() -> None:
    assert is_known_maker("aws_instance", "registry.opentofu.org/hashicorp/aws")
    assert is_known_maker("google_compute_disk", "registry.terraform.io/hashicorp/google-beta")
    assert is_known_maker("terraform_data", "terraform.io/builtin/terraform")
    assert not is_known_maker("aws_instance", "unknown")


@pytest.mark.parametrize(
    ("kind", "block"),
    [("aws_autoscaling_group", "warm_pool"), ("aws_ecs_service", "volume_configuration"),
     ("aws_eks_cluster", "compute_config"), ("aws_alb", "minimum_load_balancer_capacity"),
     ("aws_dynamodb_table", "import_table"), ("aws_wafv2_web_acl", "association_config")],
)  # fmt: skip
def test_blocks_whose_number_is_not_known_may_cost(kind: str, block: str) -> None:
    """A `dynamic` warm pool over what is known later was neither written, nor set, nor said."""
    rule = type_rules()[kind]
    assert unpriced(rule, Attributes({})) == []
    assert unpriced(rule, Attributes({block: [{"min_size": 9}]})) == [block]
    assert unpriced(rule, Attributes({}, left_out=frozenset({block, "arn"}))) == [block]


def test_resources_that_only_a_secret_tells_apart_are_refused() -> None:
    """The one went, so that the other, which had its name without the key, needed no price."""
    keys = ("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE")
    plan = planned({"aws_new.a": {}, "aws_new.b": {}})
    named = [replace(change, address=f'aws_new.x["{key}"]')
             for change, key in zip(plan.resources, keys, strict=True)]  # fmt: skip
    budget = Budget("default", "USD", Decimal(100), Decimal(40), Decimal(50), "measured")
    build_question(replace(plan, resources=tuple(named[:1])), budget, "production")
    with pytest.raises(PlanError, match=r'2 resources are aws_new\.x\["\(redacted\)"\]'):
        build_question(replace(plan, resources=tuple(named)), budget, "production")


INVOKED = {
    "address": "action.local_command.x", "type": "local_command", "name": "x",
    "provider_name": "registry.terraform.io/hashicorp/local",
    "lifecycle_action_trigger": {"triggering_resource_address": "terraform_data.x"},
}  # fmt: skip


def test_invoked_action_is_a_line_without_a_price() -> None:
    """An action that runs a program was not looked at, and `local_*` resources are free."""
    plan = planned({"terraform_data.x": {}}, action_invocations=[INVOKED, INVOKED])
    _, line = estimate(plan).lines
    assert (line.address, line.status) == ("action.local_command.x", "unmapped")
    assert "action.local_command of registry.terraform.io/hashicorp/local" in line.note


@pytest.mark.parametrize("listed", [{}, "x", None, ["x"], [{"type": "x"}], [{"address": "x"}]])
def test_actions_that_cannot_be_read_are_refused(listed: object) -> None:
    with pytest.raises(PlanError, match="action_invocations"):
        planned({"terraform_data.x": {}}, action_invocations=listed)


def test_plan_that_leaves_actions_for_later_is_not_whole() -> None:
    plan = planned({"terraform_data.x": {}}, deferred_action_invocations=[{"reason": "x"}])
    assert not plan.complete
