"""The flight test of aws.ebs_volume.snapshot_and_delete: against a real EC2 API, start to undo."""

from __future__ import annotations

from typing import Any

import pytest

from actions.models import Result, Status


def test_volume_is_snapshotted_deleted_and_restored_as_it_was(desk: Any) -> None:
    volume_id = desk.volume(Size=12, Iops=4000, Throughput=200)
    before = desk.volumes()[volume_id]
    (plan_id,) = desk.ready(volume_id)

    (applied,) = desk.apply(plan_id).outcomes

    assert applied.result is Result.APPLIED, applied.why
    assert volume_id not in desk.volumes()
    (snapshot,) = desk.snapshots(volume_id)
    assert snapshot["State"] == "completed"
    tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
    assert tags["tollgate:plan-id"] == plan_id
    assert tags["team"] == "search", "the snapshot's cost stays with the volume's owner"

    (undone,) = desk.undo(plan_id).outcomes

    assert undone.result is Result.UNDONE, undone.why
    (restored,) = desk.volumes().values()
    for key in ("AvailabilityZone", "Size", "VolumeType", "Iops", "Throughput", "Encrypted"):
        assert restored[key] == before[key]
    restored_tags = {tag["Key"]: tag["Value"] for tag in restored["Tags"]}
    assert restored_tags.pop("tollgate:restored-by-plan") == plan_id
    assert restored_tags == {tag["Key"]: tag["Value"] for tag in before["Tags"]}
    assert desk.status(plan_id) is Status.UNDONE


@pytest.mark.parametrize(
    "shape",
    [
        {"VolumeType": "gp2", "Size": 100},
        {"VolumeType": "io2", "Size": 100, "Iops": 3000},
        {"VolumeType": "st1", "Size": 125},
        {"VolumeType": "gp3", "Size": 8, "Encrypted": True},
    ],
)
def test_undo_restores_every_type_of_volume(desk: Any, shape: dict[str, Any]) -> None:
    volume_id = desk.volume(**shape)
    before = desk.volumes()[volume_id]
    (plan_id,) = desk.ready(volume_id)
    assert [found.why for found in desk.apply(plan_id).outcomes if not found.ok] == []
    assert [found.why for found in desk.undo(plan_id).outcomes if not found.ok] == []
    (restored,) = desk.volumes().values()
    for key in ("VolumeType", "Size", "Iops", "Throughput", "Encrypted", "KmsKeyId"):
        assert restored.get(key) == before.get(key), key


def test_plan_lists_the_exact_calls_that_are_then_made(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    (dry,) = desk.apply(plan_id, execute=False).outcomes
    assert [call.operation for call in dry.calls] == ["CreateSnapshot", "DeleteVolume"]
    assert dry.calls[0].parameters["VolumeId"] == volume_id
    assert dry.plan.undo_calls[0].parameters["SnapshotId"] == "${snapshot_id}"
    desk.apply(plan_id)
    made = [e.detail["call"] for e in desk.journal(plan_id) if e.event == "step_started"]
    assert made == [call.model_dump() for call in dry.plan.calls]


def test_dry_run_changes_nothing(desk: Any) -> None:
    desk.ready(desk.volume(), desk.instance())
    before = desk.everything()
    report = desk.apply(execute=False)
    assert [found.result for found in report.outcomes] == [Result.WOULD_APPLY] * 2
    assert desk.everything() == before


def test_attached_volume_is_not_planned(desk: Any) -> None:
    volume_id, instance_id = desk.volume(), desk.instance()
    desk.aws.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdh")
    (found,) = desk.plan(volume_id)
    assert found.result is Result.NOT_APPLICABLE
    assert instance_id in found.why


def test_volume_attached_after_the_plan_is_left_alone(desk: Any) -> None:
    volume_id, instance_id = desk.volume(), desk.instance()
    (plan_id,) = desk.ready(volume_id)
    desk.aws.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdh")
    (found,) = desk.apply(plan_id).outcomes
    assert found.result is Result.ABORTED
    assert "State: 'available' -> 'in-use'" in found.why
    assert desk.snapshots(volume_id) == []


def test_volume_resized_after_the_plan_is_left_alone(desk: Any) -> None:
    volume_id = desk.volume(Size=10)
    (plan_id,) = desk.ready(volume_id)
    desk.aws.modify_volume(VolumeId=volume_id, Size=20)
    (found,) = desk.apply(plan_id).outcomes
    assert found.result is Result.ABORTED
    assert "Size: 10 -> 20" in found.why
    assert volume_id in desk.volumes()


def test_volume_that_is_already_gone_is_success(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    desk.aws.delete_volume(VolumeId=volume_id)
    report = desk.apply(plan_id)
    assert report.ok
    assert report.outcomes[0].result is Result.ALREADY_DONE
    assert desk.status(plan_id) is Status.ALREADY_DONE
    assert desk.plan(volume_id)[0].result is Result.ALREADY_DONE


def test_undo_twice_restores_once(desk: Any) -> None:
    (plan_id,) = desk.ready(desk.volume())
    desk.apply(plan_id)
    desk.undo(plan_id)
    assert desk.undo(plan_id).ok
    assert len(desk.volumes()) == 1


def test_undo_is_a_dry_run_by_default_and_names_its_calls(desk: Any) -> None:
    (plan_id,) = desk.ready(desk.volume())
    desk.apply(plan_id)
    before = desk.everything()
    (found,) = desk.undo(plan_id, execute=False).outcomes
    assert [call.operation for call in found.calls] == ["CreateVolume"]
    assert desk.everything() == before


def test_undo_without_its_snapshot_fails_and_says_where_to_look(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    desk.apply(plan_id)
    desk.aws.delete_snapshot(SnapshotId=desk.snapshots(volume_id)[0]["SnapshotId"])
    (found,) = desk.undo(plan_id).outcomes
    assert found.result is Result.FAILED
    assert "Recycle Bin" in found.why
