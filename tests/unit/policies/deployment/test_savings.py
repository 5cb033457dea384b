"""Nobody saves money by writing down how much is used."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from policies.deployment.changes import ResourceChange
from policies.deployment.estimate import estimate
from policies.deployment.plan import Plan
from policies.deployment.pricing import Amount
from policies.deployment.usage import Usage
from tests.unit.policies.deployment.made_plans import maker_of

GATEWAY = "aws_nat_gateway"
NAMED = {"id": "nat-0123456"}
FILE = Amount(Decimal(0), Decimal(10) ** 12, Decimal(10) ** 15)
# 730 hours at 0.045.
HOURS = Decimal("32.85")


def line(usage: Usage, *actions: str, kind: str = GATEWAY, **sides: Any) -> Mapping[str, Any]:
    values: dict[str, Any] = {"before": None, "after": None, "region": "us-east-1", **sides}
    change = ResourceChange(f"{kind}.x", kind, maker_of(kind), actions=actions, **values)
    found = estimate(Plan("1.2", "1.11.4", True, False, (change,)), usage=usage).to_dict()
    only: Mapping[str, Any] = found["lines"][0]
    return only


@pytest.mark.parametrize(
    "usage",
    [
        Usage(by_type={GATEWAY: {"gigabytes": FILE}}),
        Usage(by_address={f"{GATEWAY}.x": {"gigabytes": FILE}}),
        Usage(),
    ],
)
def test_what_goes_saves_what_its_plan_tells_and_no_stated_use(usage: Usage) -> None:
    found = line(usage, "delete", before=NAMED)
    assert (found["monthly_before"], found["low"], found["high"]) == ("32.85", "-32.85", "-32.85")
    assert "no saving is counted" in found["note"]


def running(state: str, size: str) -> dict[str, Any]:
    disk = [{"volume_type": "gp3", "volume_size": 100}]
    return {"instance_type": size, "instance_state": state, "root_block_device": disk}


def test_machine_that_is_stopped_saves_its_disk_alone() -> None:
    """Who deleted a stopped machine had as much free to spend as if it had run all month."""
    for state, saved in (("running", "-78.08"), ("stopped", "-8.00"), ("stopping", "-8.00")):
        found = line(Usage(), "delete", kind="aws_instance", before=running(state, "m5.large"))
        assert found["high"] == saved


def test_machine_that_is_stopped_saves_nothing_by_becoming_smaller() -> None:
    big, small = running("stopped", "m5.4xlarge"), running("stopped", "m5.large")
    for actions in (("update",), ("delete", "create")):
        found = line(Usage(), *actions, kind="aws_instance", before=big, after=small)
        assert (found["monthly_before"], found["monthly_after"]) == ("8.00", "78.08")
        assert "switched off" in found["note"]


def test_machine_that_is_stopped_costs_no_more_by_another_tag() -> None:
    off = running("stopped", "m5.large")
    found = line(Usage(), "update", kind="aws_instance", before=off, after={**off, "tags": {}})
    assert (found["low"], found["high"]) == ("0.00", "0.00")


def test_what_goes_saves_the_use_that_bills_have_shown() -> None:
    seen = {("nat-0123456", "AmazonEC2", "NatGateway-Bytes"): Amount.exactly(100)}
    usage = Usage(by_type={GATEWAY: {"gigabytes": FILE}}, history=seen)
    found = line(usage, "delete", before=NAMED)
    assert Decimal(found["monthly_before"]) == HOURS + Decimal("4.50")


def test_change_to_cheaper_use_saves_no_stated_use() -> None:
    usage = Usage(by_type={"aws_lambda_function": {"requests": FILE}})
    sides = {side: {"memory_size": 128, "architectures": [kind]}
             for side, kind in (("before", "x86_64"), ("after", "arm64"))}  # fmt: skip
    found = line(usage, "update", kind="aws_lambda_function", **sides)
    assert Decimal(found["monthly_after"]) > Decimal(10) ** 5
    assert (found["monthly_before"], found["low"], found["high"]) == (
        found["monthly_after"], "0.00", "0.00",
    )  # fmt: skip
    assert "no saving is counted" in found["note"]


def test_change_to_dearer_use_costs_what_is_stated() -> None:
    usage = Usage(by_type={"aws_lambda_function": {"requests": FILE}})
    sides = {side: {"memory_size": 128, "architectures": [kind]}
             for side, kind in (("before", "arm64"), ("after", "x86_64"))}  # fmt: skip
    found = line(usage, "update", kind="aws_lambda_function", **sides)
    assert Decimal(found["monthly_after"]) > Decimal(found["monthly_before"])
    assert Decimal(found["high"]) > Decimal(10) ** 5


def test_stated_use_of_nothing_is_shown_on_its_line() -> None:
    usage = Usage(by_type={GATEWAY: {"gigabytes": Amount.exactly(0)}})
    found = line(usage, "create", after={})
    assert found["monthly_after"] == "32.85"
    assert "0 gb by the usage file" in found["note"]
    assert [part["basis"] for part in found["parts"]] == ["plan", "file"]


def test_one_stated_factor_makes_the_product_the_word_of_the_file() -> None:
    usage = Usage(by_type={"aws_lambda_function": {"seconds": Amount.exactly(0)}})
    found = line(usage, "create", kind="aws_lambda_function", after={"memory_size": 128})
    assert {part["name"]: part["basis"] for part in found["parts"]} == {
        "requests": "range", "duration": "file",
    }  # fmt: skip
