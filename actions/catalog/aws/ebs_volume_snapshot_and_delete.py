"""Snapshot an unattached EBS volume, then delete it; undo makes the volume again from the snapshot.

The snapshot goes on costing money (less than the volume): proposals should state the net saving.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.clients import Account
from actions.errors import CloudError, StepFailed
from actions.models import (
    Observation,
    Parameters,
    PlannedCall,
    Reversibility,
    Risk,
    Target,
)
from actions.registry import CATALOG, ActionSpec, Job, Permissions, Step

PLAN_TAG = "tollgate:plan-id"
RESTORED_TAG = "tollgate:restored-by-plan"
# EC2 allows 50 tags on a resource.
MOST_TAGS = 50
GONE = "InvalidVolume.NotFound"
# What undo needs to make the same volume again, and what must not change before it is deleted.
SHAPE = (
    "AvailabilityZone",
    "Size",
    "VolumeType",
    "Iops",
    "Throughput",
    "Encrypted",
    "KmsKeyId",
    "MultiAttachEnabled",
    "OutpostArn",
)
# EC2 refuses these on the types that fix them.
IOPS_TYPES = ("gp3", "io1", "io2")


@CATALOG.register(
    ActionSpec(
        action_id="aws.ebs_volume.snapshot_and_delete",
        version=1,
        title="Snapshot and delete an unattached EBS volume",
        provider="AWS",
        resource_type="ebs_volume",
        parameters=Parameters,
        permissions=Permissions(
            read=("ec2:DescribeVolumes", "ec2:DescribeSnapshots"),
            apply=("ec2:CreateSnapshot", "ec2:CreateTags", "ec2:DeleteVolume"),
            undo=("ec2:CreateVolume", "ec2:CreateTags"),
        ),
        risk=Risk.MEDIUM,
        reversibility=Reversibility(
            kind="snapshot",
            undo_action="ec2:CreateVolume from the snapshot",
            note="The restored volume has a new id, and reads slowly until it is warmed up.",
        ),
        blast_radius="One volume that no instance uses. A later attach by its id fails.",
    )
)
class SnapshotAndDelete:
    """See the module."""

    def observe(self, account: Account, target: Target) -> Observation:
        """The volume as it is; blocked unless it is available and attached to nothing."""
        volume = _volume(account, target.resource_id)
        if volume is None:
            return Observation(
                exists=False, resource_type="ebs_volume", done="the volume is already gone"
            )
        attached = [str(item.get("InstanceId")) for item in volume.get("Attachments", [])]
        blocked = None
        if attached:
            blocked = f"the volume is attached to {', '.join(attached)}"
        elif volume["State"] != "available":
            blocked = f"the volume is {volume['State']}, not available"
        return Observation(
            exists=True,
            resource_type="ebs_volume",
            tags=_tags(volume),
            state={
                **{key: volume[key] for key in SHAPE if volume.get(key) is not None},
                "State": volume["State"],
                "CreateTime": volume["CreateTime"].isoformat(),
                "Attachments": sorted(attached),
            },
            blocked=blocked,
        )

    def steps(self, job: Job) -> Sequence[Step]:
        """Snapshot, wait until it is complete, delete."""
        volume_id = job.target.resource_id
        # The owner's tags go onto the snapshot, so that its cost is still the owner's.
        tags = {**dict(list(_own_tags(job).items())[: MOST_TAGS - 1]), PLAN_TAG: job.plan_id}
        return (
            Step(
                name="snapshot",
                call=PlannedCall(
                    service="ec2",
                    operation="CreateSnapshot",
                    parameters={
                        "VolumeId": volume_id,
                        "Description": f"Before deleting {volume_id} ({job.plan_id})",
                        "TagSpecifications": _tag_specification("snapshot", tags),
                    },
                ),
                found=_snapshot_found,
                read=lambda answer: {"snapshot_id": str(answer["SnapshotId"])},
                settled=_snapshot_completed,
            ),
            Step(
                name="delete",
                call=PlannedCall(
                    service="ec2", operation="DeleteVolume", parameters={"VolumeId": volume_id}
                ),
                found=lambda job: None if _still_there(job) else {"deleted": volume_id},
                read=lambda _: {"deleted": volume_id},
                ready=self._ready_to_delete,
                settled=lambda job: not _still_there(job),
            ),
        )

    def undo_steps(self, job: Job) -> Sequence[Step]:
        """Make the volume again, unless it was never deleted."""
        shape = job.observed.state
        tags = _own_tags(job)
        if len(tags) < MOST_TAGS:
            tags = {**tags, RESTORED_TAG: job.plan_id}
        parameters: dict[str, Any] = {
            "ClientToken": f"undo-{job.plan_id}"[:64],
            "SnapshotId": "${snapshot_id}",
            "AvailabilityZone": shape["AvailabilityZone"],
            "Size": shape["Size"],
            "VolumeType": shape["VolumeType"],
            "TagSpecifications": _tag_specification("volume", tags),
        }
        if shape["VolumeType"] in IOPS_TYPES and "Iops" in shape:
            parameters["Iops"] = shape["Iops"]
        if shape["VolumeType"] == "gp3" and "Throughput" in shape:
            parameters["Throughput"] = shape["Throughput"]
        if shape.get("Encrypted"):
            parameters["Encrypted"] = True
        for key in ("KmsKeyId", "MultiAttachEnabled", "OutpostArn"):
            if shape.get(key):
                parameters[key] = shape[key]
        return (
            Step(
                name="restore",
                call=PlannedCall(service="ec2", operation="CreateVolume", parameters=parameters),
                found=_restored,
                read=lambda answer: {"volume_id": str(answer["VolumeId"])},
                ready=_snapshot_usable,
                settled=_restored_available,
            ),
        )

    def check(self, job: Job) -> str | None:
        """The volume is gone and a completed snapshot of it, bearing the plan's id, is there."""
        if _still_there(job):
            return f"volume {job.target.resource_id} is still there"
        if not _snapshot_completed(job):
            return f"snapshot {job.outputs.get('snapshot_id')} is not complete"
        return None

    def check_undo(self, job: Job) -> str | None:
        """The volume is there again with the shape and tags it had."""
        volume_id = job.outputs.get("volume_id", job.target.resource_id)
        volume = _volume(job.account, volume_id)
        if volume is None:
            return f"volume {volume_id} is not there"
        # An account may encrypt what is new by default; more protection is no difference.
        encrypted = ("Encrypted", "KmsKeyId") if not job.observed.state.get("Encrypted") else ()
        wrong = [
            key
            for key in SHAPE
            if key not in encrypted and volume.get(key) != job.observed.state.get(key)
        ] + [key for key, tag in _own_tags(job).items() if _tags(volume).get(key) != tag]
        return f"volume {volume_id} differs in {', '.join(wrong)}" if wrong else None

    def _ready_to_delete(self, job: Job) -> None:
        changes = self.observe(job.account, job.target).differences(job.observed)
        if changes:
            raise StepFailed(f"the volume changed while its snapshot was made: {changes[0]}")
        if not _snapshot_completed(job):
            raise StepFailed("the snapshot is not complete; the volume was not deleted")


def _volume(account: Account, volume_id: str) -> dict[str, Any] | None:
    try:
        answer = account.read("ec2", "DescribeVolumes", VolumeIds=[volume_id])
    except CloudError as error:
        if error.code == GONE:
            return None
        raise
    volumes: list[dict[str, Any]] = answer["Volumes"]
    return volumes[0] if volumes and volumes[0]["State"] != "deleted" else None


def _still_there(job: Job) -> bool:
    volume = _volume(job.account, job.target.resource_id)
    return volume is not None and volume["State"] != "deleting"


def _snapshots(job: Job) -> list[dict[str, Any]]:
    answer = job.account.read(
        "ec2",
        "DescribeSnapshots",
        OwnerIds=["self"],
        Filters=[
            {"Name": f"tag:{PLAN_TAG}", "Values": [job.plan_id]},
            {"Name": "volume-id", "Values": [job.target.resource_id]},
        ],
    )
    snapshots: list[dict[str, Any]] = answer["Snapshots"]
    return sorted(snapshots, key=lambda snapshot: str(snapshot["StartTime"]))


def _snapshot_found(job: Job) -> dict[str, str] | None:
    # EC2 knows no client token for snapshots: the plan's tag is what tells ours.
    snapshots = _snapshots(job)
    return {"snapshot_id": str(snapshots[0]["SnapshotId"])} if snapshots else None


def _snapshot_completed(job: Job) -> bool:
    wanted = job.outputs.get("snapshot_id")
    for snapshot in _snapshots(job):
        if snapshot["SnapshotId"] == wanted:
            if snapshot["State"] == "error":
                raise StepFailed(f"snapshot {wanted} failed; the volume was not deleted")
            return bool(snapshot["State"] == "completed")
    return False


def _snapshot_usable(job: Job) -> None:
    # An interrupted run may have made the snapshot without noting its id.
    if "snapshot_id" not in job.outputs:
        job.outputs.update(_snapshot_found(job) or {})
    if not _snapshot_completed(job):
        raise StepFailed(
            f"snapshot {job.outputs.get('snapshot_id', 'of the volume')} is not there or not "
            "complete; look for it in the Recycle Bin or in a backup"
        )


def _restored(job: Job) -> dict[str, str] | None:
    if _still_there(job):
        return {"volume_id": job.target.resource_id}
    answer = job.account.read(
        "ec2",
        "DescribeVolumes",
        Filters=[{"Name": f"tag:{RESTORED_TAG}", "Values": [job.plan_id]}],
    )
    ids = sorted(str(volume["VolumeId"]) for volume in answer["Volumes"])
    return {"volume_id": ids[0]} if ids else None


def _restored_available(job: Job) -> bool:
    volume = _volume(job.account, job.outputs["volume_id"])
    return volume is not None and volume["State"] in ("available", "in-use")


def _tags(volume: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in volume.get("Tags", [])}


def _own_tags(job: Job) -> dict[str, str]:
    # Tags that begin with "aws:" are AWS's own and cannot be set.
    tags = sorted(job.observed.tags.items())
    return {key: value for key, value in tags if not key.startswith("aws:")}


def _tag_specification(resource_type: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return [{"ResourceType": resource_type, "Tags": listed}]
