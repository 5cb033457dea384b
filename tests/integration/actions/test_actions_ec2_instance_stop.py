"""The flight test of aws.ec2_instance.stop: against a real EC2 API, start to undo."""

from __future__ import annotations

from typing import Any

import boto3

from actions.models import Result, Status


def test_instance_is_stopped_and_started_again(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)

    (applied,) = desk.apply(plan_id).outcomes
    assert applied.result is Result.APPLIED, applied.why
    assert desk.state(instance_id) == "stopped"

    (undone,) = desk.undo(plan_id).outcomes
    assert undone.result is Result.UNDONE, undone.why
    assert desk.state(instance_id) == "running"
    assert desk.status(plan_id) is Status.UNDONE


def test_instance_of_an_autoscaling_group_is_not_planned(desk: Any) -> None:
    group = boto3.client("autoscaling", region_name="eu-west-1")
    group.create_launch_configuration(
        LaunchConfigurationName="web", ImageId="ami-12c6146b", InstanceType="m5.large"
    )
    group.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["eu-west-1a"],
    )
    instances = desk.aws.describe_instances()["Reservations"][0]["Instances"]
    (found,) = desk.plan(instances[0]["InstanceId"])
    assert found.result is Result.NOT_APPLICABLE
    assert "autoscaling group web" in found.why


def test_spot_instance_is_not_planned(desk: Any) -> None:
    instance_id = desk.instance(InstanceMarketOptions={"MarketType": "spot"})
    (found,) = desk.plan(instance_id)
    assert found.result is Result.NOT_APPLICABLE
    assert "spot" in found.why


def test_instance_with_instance_store_disks_is_not_planned(desk: Any) -> None:
    (found,) = desk.plan(desk.instance(InstanceType="m5d.large"))
    assert found.result is Result.NOT_APPLICABLE
    assert "instance-store" in found.why


def test_instance_with_stop_protection_is_not_stopped(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    desk.aws.modify_instance_attribute(InstanceId=instance_id, DisableApiStop={"Value": True})
    (found,) = desk.apply(plan_id).outcomes
    assert found.result is Result.ABORTED
    assert "stop protection" in found.why
    assert desk.state(instance_id) == "running"


def test_instance_that_is_already_stopped_is_success(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    desk.aws.stop_instances(InstanceIds=[instance_id])
    (found,) = desk.apply(plan_id).outcomes
    assert found.result is Result.ALREADY_DONE
    assert desk.status(plan_id) is Status.ALREADY_DONE


def test_instance_that_changed_its_type_is_left_alone(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    desk.aws.stop_instances(InstanceIds=[instance_id])
    desk.aws.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": "m5.xlarge"})
    desk.aws.start_instances(InstanceIds=[instance_id])
    (found,) = desk.apply(plan_id).outcomes
    assert found.result is Result.ABORTED
    assert "m5.xlarge" in found.why
    assert desk.state(instance_id) == "running"


def test_terminated_instance_is_already_done(desk: Any) -> None:
    instance_id = desk.instance()
    desk.aws.terminate_instances(InstanceIds=[instance_id])
    (found,) = desk.plan(instance_id)
    assert found.result is Result.ALREADY_DONE
