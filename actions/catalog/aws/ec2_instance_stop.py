"""Stop an idle EC2 instance; undo starts it again.

Disks and private addresses stay (and go on costing); a public address that is not an Elastic IP
changes, memory contents are lost, and starting needs capacity in the zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.clients import Account
from actions.errors import CloudError
from actions.models import (
    Observation,
    Parameters,
    PlannedCall,
    Reversibility,
    Risk,
    Target,
)
from actions.registry import CATALOG, ActionSpec, Job, Permissions, Step

GONE = "InvalidInstanceID.NotFound"
GROUP_TAG = "aws:autoscaling:groupName"
STOPPED = ("stopping", "stopped")
STARTED = ("pending", "running")


@CATALOG.register(
    ActionSpec(
        action_id="aws.ec2_instance.stop",
        version=1,
        title="Stop an idle EC2 instance",
        provider="AWS",
        resource_type="ec2_instance",
        parameters=Parameters,
        permissions=Permissions(
            read=(
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceAttribute",
                "ec2:DescribeInstanceTypes",
            ),
            apply=("ec2:StopInstances",),
            undo=("ec2:StartInstances",),
        ),
        risk=Risk.LOW,
        reversibility=Reversibility(
            kind="undo",
            undo_action="ec2:StartInstances",
            note="Its memory is lost; a public address that is not an Elastic IP changes.",
        ),
        blast_radius="One instance and whatever still talks to it.",
    )
)
class Stop:
    """See the module."""

    def observe(self, account: Account, target: Target) -> Observation:
        """The instance as it is; blocked where a stop would destroy, or be undone by a group."""
        instance = _instance(account, target.resource_id)
        if instance is None or instance["State"]["Name"] in ("terminated", "shutting-down"):
            return Observation(
                exists=False, resource_type="ec2_instance", done="the instance is already gone"
            )
        state = str(instance["State"]["Name"])
        tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
        return Observation(
            exists=True,
            resource_type="ec2_instance",
            tags=tags,
            state={
                "State": state,
                "InstanceType": instance["InstanceType"],
                "RootDeviceType": instance.get("RootDeviceType"),
                "InstanceLifecycle": instance.get("InstanceLifecycle", "normal"),
                "LaunchTime": instance["LaunchTime"].isoformat(),
                "AvailabilityZone": instance.get("Placement", {}).get("AvailabilityZone"),
                "Volumes": sorted(
                    str(mapping["Ebs"]["VolumeId"])
                    for mapping in instance.get("BlockDeviceMappings", [])
                    if "Ebs" in mapping
                ),
            },
            done="the instance is already stopped" if state == "stopped" else None,
            blocked=_blocked(account, instance, tags),
        )

    def steps(self, job: Job) -> Sequence[Step]:
        """Stop and wait until it has stopped."""
        instance_id = job.target.resource_id
        return (
            Step(
                name="stop",
                call=PlannedCall(
                    service="ec2",
                    operation="StopInstances",
                    parameters={"InstanceIds": [instance_id]},
                ),
                found=lambda job: {"stopped": instance_id} if _state(job) in STOPPED else None,
                read=lambda _: {"stopped": instance_id},
                settled=lambda job: _state(job) == "stopped",
            ),
        )

    def undo_steps(self, job: Job) -> Sequence[Step]:
        """Start it and wait until it runs."""
        instance_id = job.target.resource_id
        return (
            Step(
                name="start",
                call=PlannedCall(
                    service="ec2",
                    operation="StartInstances",
                    parameters={"InstanceIds": [instance_id]},
                ),
                found=lambda job: {"started": instance_id} if _state(job) in STARTED else None,
                read=lambda _: {"started": instance_id},
                settled=lambda job: _state(job) == "running",
            ),
        )

    def check(self, job: Job) -> str | None:
        """The instance is stopped and still of the type it was."""
        return _differs(job, "stopped")

    def check_undo(self, job: Job) -> str | None:
        """The instance runs and still is of the type it was."""
        return _differs(job, "running")


def _instance(account: Account, instance_id: str) -> dict[str, Any] | None:
    try:
        answer = account.read("ec2", "DescribeInstances", InstanceIds=[instance_id])
    except CloudError as error:
        if error.code == GONE:
            return None
        raise
    found = [item for group in answer["Reservations"] for item in group["Instances"]]
    return found[0] if found else None


def _blocked(account: Account, instance: Mapping[str, Any], tags: Mapping[str, str]) -> str | None:
    state, lifecycle = instance["State"]["Name"], instance.get("InstanceLifecycle")
    obstacles = (
        (state not in ("running", "stopped"), f"the instance is {state}, not running"),
        (
            GROUP_TAG in tags,
            f"autoscaling group {tags.get(GROUP_TAG)} would replace it; resize the group instead",
        ),
        (lifecycle, f"the instance is {lifecycle}: stopping it may be final"),
        (
            instance.get("RootDeviceType") != "ebs",
            "the root disk is an instance store, which a stop destroys",
        ),
    )
    for obstructs, why in obstacles:
        if obstructs:
            return why
    return _blocked_by_attribute(account, instance)


def _blocked_by_attribute(account: Account, instance: Mapping[str, Any]) -> str | None:
    kind = instance["InstanceType"]
    kinds = account.read("ec2", "DescribeInstanceTypes", InstanceTypes=[kind])["InstanceTypes"]
    if not kinds or kinds[0].get("InstanceStorageSupported", True):
        return f"{kind} has instance-store disks, which a stop destroys"
    protection = account.read(
        "ec2",
        "DescribeInstanceAttribute",
        InstanceId=instance["InstanceId"],
        Attribute="disableApiStop",
    )
    if protection.get("DisableApiStop", {}).get("Value"):
        return "stop protection is on; its owner turns it off"
    return None


def _state(job: Job) -> str:
    instance = _instance(job.account, job.target.resource_id)
    return str(instance["State"]["Name"]) if instance else "gone"


def _differs(job: Job, wanted: str) -> str | None:
    instance = _instance(job.account, job.target.resource_id)
    if instance is None:
        return f"instance {job.target.resource_id} is gone"
    if instance["State"]["Name"] != wanted:
        return f"instance {job.target.resource_id} is {instance['State']['Name']}, not {wanted}"
    if instance["InstanceType"] != job.observed.state["InstanceType"]:
        return f"instance {job.target.resource_id} changed to {instance['InstanceType']}"
    return None
