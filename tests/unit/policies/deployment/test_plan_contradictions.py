"""A plan that says two things, or several plans that save one thing twice, are refused."""

from typing import Any

import pytest

from policies.deployment.changes import PlanError
from policies.deployment.estimate import estimate
from policies.deployment.plan import merge_plans, parse_plan
from tests.unit.policies.deployment.made_plans import planned as made
from tests.unit.policies.deployment.test_plan_reader import planned, recorded


def deleting(address: str, **before: object) -> dict[str, Any]:
    entry = {
        "address": address,
        "mode": "managed",
        "type": address.partition(".")[0],
        "change": {"actions": ["delete"], "before": before, "after": None, "after_unknown": {}},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {},
        "resource_changes": [entry],
        "complete": True,
        "errored": False,
    }


VOLUME = {"id": "vol-0123456", "arn": "arn:aws:ec2:us-east-1:1:volume/vol-0123456"}


def test_object_that_two_plans_delete_is_refused_with_both_names() -> None:
    a, b = (parse_plan(deleting(f"aws_ebs_volume.{name}", **VOLUME)) for name in "ab")
    with pytest.raises(PlanError, match=r"north: aws_ebs_volume.a and south: aws_ebs_volume.b"):
        merge_plans([("north", a), ("south", b)])


def test_object_that_one_plan_deletes_twice_is_refused() -> None:
    document = deleting("aws_ebs_volume.a", **VOLUME)
    document["resource_changes"] += deleting("aws_ebs_volume.b", **VOLUME)["resource_changes"]
    with pytest.raises(PlanError, match="one and the same object"):
        parse_plan(document)


def test_object_of_azure_is_one_however_its_id_is_written() -> None:
    """Azure's providers write `resourceGroups` and `resourcegroups`: its saving counted twice."""
    name = "/subscriptions/0/resourceGroups/Shop/providers/Microsoft.Compute/disks/data"
    a = parse_plan(deleting("azurerm_managed_disk.a", id=name))
    b = parse_plan(deleting("azurerm_managed_disk.b", id=name.lower()))
    with pytest.raises(PlanError, match="one and the same object"):
        merge_plans([("a", a), ("b", b)])


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("aws_ebs_volume.b", {**VOLUME, "arn": "arn:aws:ec2:us-east-1:2:volume/vol-0123456"}),
        ("aws_ebs_volume.b", {"id": None}),
        ("aws_db_instance.b", VOLUME),
    ],
    ids=["another account", "no name", "another type"],
)
def test_other_objects_may_go_in_two_plans(address: str, other: dict[str, Any]) -> None:
    plans = [deleting("aws_ebs_volume.a", **VOLUME), deleting(address, **other)]
    merged = merge_plans([(str(n), parse_plan(plan)) for n, plan in enumerate(plans)])
    assert len(merged.resources) == 2


def shrinking(address: str, before: dict[str, Any], *actions: str) -> dict[str, Any]:
    """A plan that makes a volume of 1 GB of the one that was."""
    document = deleting(address, **before, size=500)
    after = {**before, "size": 1}
    document["resource_changes"][0]["change"] |= {"actions": list(actions), "after": after}
    values = {"address": address, "mode": "managed", "type": "aws_ebs_volume", "values": after}
    document["planned_values"] = {"root_module": {"resources": [values]}}
    return document


@pytest.mark.parametrize("actions", [("update",), ("delete", "create"), ("create", "delete")])
@pytest.mark.parametrize(
    ("address", "before"),
    [
        ("aws_ebs_volume.b", VOLUME),
        ("aws_ebs_volume.b", {"id": VOLUME["id"]}),
        ("aws_ebs_volume.b", {"arn": VOLUME["arn"]}),
    ],
    ids=["both names", "only the id", "only the ARN"],
)
def test_object_that_two_plans_change_is_refused(
    actions: tuple[str, ...], address: str, before: dict[str, Any]
) -> None:
    a = parse_plan(shrinking("aws_ebs_volume.a", VOLUME, "update"))
    b = parse_plan(shrinking(address, before, *actions))
    with pytest.raises(PlanError, match=r"a: aws_ebs_volume\.a and b: .* one and the same object"):
        merge_plans([("a", a), ("b", b)])


def test_object_that_is_changed_here_and_deleted_there_is_refused() -> None:
    a = parse_plan(shrinking("aws_ebs_volume.a", VOLUME, "update"))
    b = parse_plan(deleting("aws_ebs_volume.a", **VOLUME))
    with pytest.raises(PlanError, match="one and the same object"):
        merge_plans([("a", a), ("b", b)])


def test_object_without_a_name_is_known_by_its_address() -> None:
    plans = [parse_plan(shrinking("aws_ebs_volume.a", {}, "update")) for _ in range(2)]
    with pytest.raises(PlanError, match=r"object \(aws_ebs_volume\.a\)"):
        merge_plans([("a", plans[0]), ("b", plans[1])])
    other = parse_plan(shrinking('aws_ebs_volume.a["x: 1"]', {}, "update"))
    assert len(merge_plans([("a", plans[0]), ("b", other)]).resources) == 2


def test_object_that_one_plan_forgets_may_be_changed_by_the_other() -> None:
    moved = deleting("aws_ebs_volume.a", **VOLUME)
    moved["resource_changes"][0]["change"]["actions"] = ["forget"]
    taken = parse_plan(shrinking("aws_ebs_volume.b", VOLUME, "update"))
    assert len(merge_plans([("a", parse_plan(moved)), ("b", taken)]).resources) == 2


def test_group_that_follows_its_template_in_two_plans_is_refused() -> None:
    resources: dict[str, dict[str, Any]] = {
        "aws_launch_template.t": {"instance_type": "m5.large"},
        "aws_autoscaling_group.g": {
            "min_size": 1, "max_size": 1, "arn": "arn:aws:autoscaling:us-east-1:1:group/g",
            "launch_template": [{"id": "aws_launch_template.t"}],
        },
    }  # fmt: skip
    before = {"aws_launch_template.t": {"instance_type": "m5.24xlarge"}}
    plan = made(resources, frozenset({"aws_autoscaling_group.g"}), before)
    assert [line.address for line in estimate(plan).lines][1:] == ["aws_autoscaling_group.g"]
    with pytest.raises(PlanError, match="one and the same object"):
        estimate(merge_plans([("a", plan), ("b", plan)]))


def test_machine_that_is_another_one_in_planned_values_is_refused() -> None:
    document = recorded("create")
    (first, *_) = (c for c in document["resource_changes"] if c["address"] == "aws_instance.web[0]")
    first["change"]["after"]["instance_type"] = "t3.nano"
    with pytest.raises(PlanError, match="instance_type is another one in planned_values"):
        parse_plan(document)


def test_machine_that_is_written_otherwise_is_refused() -> None:
    document = recorded("create")
    (first, *_) = (c for c in document["resource_changes"] if c["address"] == "aws_instance.web[0]")
    first["change"]["after"]["instance_type"] = "t3.nano"
    with pytest.raises(PlanError, match=r"instance_type is 't3\.nano', but the configuration says"):
        parse_plan(planned(document))


@pytest.mark.parametrize(
    ("mode", "action"), [("data", "read"), ("data", "no-op"), ("ephemeral", "open")]
)
def test_resource_that_is_called_a_data_source_is_refused(mode: str, action: str) -> None:
    """What nobody manages is not looked at: a machine that was called so cost nothing."""
    document = recorded("create")
    (first, *_) = (c for c in document["resource_changes"] if c["address"] == "aws_instance.web[0]")
    first["mode"], first["change"]["actions"] = mode, [action]
    with pytest.raises(PlanError, match=f"is {mode} and of the type aws_instance, unlike its"):
        parse_plan(document)


@pytest.mark.parametrize("kind", ["aws_iam_role", "aws_ebs_volume"])
def test_type_that_is_not_the_addresss_is_refused(kind: str) -> None:
    document = recorded("create")
    (first, *_) = (c for c in document["resource_changes"] if c["address"] == "aws_instance.web[0]")
    first["type"] = kind
    with pytest.raises(PlanError, match=f"of the type {kind}, unlike its address"):
        parse_plan(document)


def test_planned_resource_of_another_type_than_its_change_is_refused() -> None:
    document = recorded("create")
    resources = document["planned_values"]["root_module"]["resources"]
    next(r for r in resources if r["address"] == "aws_instance.web[0]")["type"] = "aws_iam_role"
    with pytest.raises(PlanError, match="is of another type in planned_values"):
        parse_plan(document)


def test_value_of_an_update_may_differ_from_what_is_written() -> None:
    document = recorded("change")
    entry = next(c for c in document["resource_changes"] if "resized" in c["address"])
    written = document["configuration"]["root_module"]["resources"]
    block = next(r for r in written if r["address"] == entry["address"])
    # As `ignore_changes` leaves it, which no plan tells.
    block["expressions"]["instance_type"] = {"constant_value": "m5.24xlarge"}
    assert parse_plan(document).complete


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        *(("after_unknown", mask) for mask in (None, True, "true", {"size": "true"}, {"x": [1]})),
        *(("after_sensitive", mask) for mask in (None, "true", {"size": 1}, {"x": [{"y": None}]})),
        ("before_sensitive", "true"),
    ],
)
def test_mask_of_another_form_is_refused(name: str, mask: Any) -> None:
    """What was marked as unknown by a text counted as known, and as not set."""
    document = recorded("create")
    document["resource_changes"][0]["change"][name] = mask
    with pytest.raises(PlanError, match=rf"resource_changes\[0\].*\.change\.{name}"):
        parse_plan(document)


def test_plan_without_its_unknown_values_is_refused() -> None:
    document = recorded("create")
    del document["resource_changes"][0]["change"]["after_unknown"]
    with pytest.raises(PlanError, match="after_unknown is not an object"):
        parse_plan(document)
