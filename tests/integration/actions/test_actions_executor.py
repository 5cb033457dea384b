"""What the executor refuses, aborts and limits: each against a real account and the real gate."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from typing import Any

import boto3
import pytest
import sqlalchemy as sa

from actions import journal
from actions.clients import AwsCloud
from actions.errors import ExecutorBusy, JournalBroken, Refused
from actions.locks import executor_lock
from actions.models import DataFacts, Plan, Result, Status
from policies.decisions import read_records
from policies.store import open_store


def test_every_outcome_rests_on_a_recorded_decision(desk: Any) -> None:
    (plan_id,) = desk.ready(desk.volume())
    desk.apply(plan_id)
    decided = [event.detail for event in desk.journal(plan_id) if event.event == "decided"]
    assert [(found["stage"], found["allow"]) for found in decided] == [
        ("plan", True),
        ("execute", True),
    ]
    records = {record.decision.decision_id for record in read_records(desk.store)}
    assert {found["decision_id"] for found in decided} <= records
    by_name = {e.event: e.seq for e in desk.journal(plan_id)}
    assert by_name["decided"] < by_name["apply_started"] < by_name["step_started"]


def test_approval_by_the_requester_is_refused(desk: Any) -> None:
    (found,) = desk.plan(desk.volume(), requester="ana")
    with pytest.raises(Refused, match="cannot approve it"):
        desk.approve(found.plan_id, approver=" Ana ")


def test_unapproved_plan_is_not_applied(desk: Any) -> None:
    volume_id = desk.volume()
    (found,) = desk.plan(volume_id)
    (applied,) = desk.apply(found.plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "nobody has approved it" in applied.why
    assert volume_id in desk.volumes()


def test_expired_approval_is_refused(desk: Any) -> None:
    volume_id = desk.volume()
    (found,) = desk.plan(volume_id)
    desk.approve(found.plan_id, hours=1)
    desk.clock.forward(hours=1)
    (applied,) = desk.apply(found.plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "expired" in applied.why
    assert volume_id in desk.volumes()


def test_approval_extended_in_the_table_is_refused(desk: Any) -> None:
    (found,) = desk.plan(desk.volume())
    desk.approve(found.plan_id, hours=1)
    with desk.store.begin() as connection:
        connection.execute(
            sa.text("UPDATE action_approvals SET expires_at = '2027-01-01T00:00:00.000000Z'")
        )
    desk.clock.forward(hours=2)
    (applied,) = desk.apply(found.plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "not in the journal" in applied.why


def test_denied_plan_cannot_be_approved(desk: Any) -> None:
    (found,) = desk.plan(desk.volume({"team": "search", "environment": "marvellous"}))
    assert found.result is Result.DENIED
    with pytest.raises(Refused, match="denied"):
        desk.approve(found.plan_id)


@pytest.mark.parametrize("also_the_hash", [False, True])
def test_plan_edited_after_approval_is_refused(desk: Any, also_the_hash: bool) -> None:
    volume_id, other_id = desk.volume(), desk.volume()
    (plan_id,) = desk.ready(volume_id)
    before = desk.everything()
    with desk.store.begin() as connection:
        connection.execute(
            sa.text("UPDATE action_plans SET body = replace(body, :old, :new)"),
            {"old": volume_id, "new": other_id},
        )
        if also_the_hash:
            body = connection.scalar(sa.text("SELECT body FROM action_plans"))
            edited = Plan.model_validate_json(str(body)).plan_hash
            for table in ("action_plans", "action_approvals"):
                connection.execute(sa.text(f"UPDATE {table} SET plan_hash = :h"), {"h": edited})
    (applied,) = desk.apply(plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "changed after it was made" in applied.why
    assert desk.everything() == before


def test_resource_protected_after_the_plan_is_left_alone(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    desk.tag(volume_id, protected="true")
    (applied,) = desk.apply(plan_id).outcomes
    assert applied.result is Result.ABORTED
    assert applied.decision.allow is False
    assert desk.status(plan_id) is Status.ABORTED
    assert volume_id in desk.volumes()
    assert desk.snapshots(volume_id) == []


@pytest.mark.parametrize(
    ("tags", "remedy"),
    [
        ({"protected": "true"}, "Leave the resource alone"),
        ({"managed-by": "terraform"}, "pull request"),
        ({"kubernetes.io/created-for/pvc/name": "data"}, "pull request"),
    ],
)
def test_resources_that_others_own_are_denied(desk: Any, tags: dict[str, str], remedy: str) -> None:
    volume_id = desk.volume({"team": "search", "environment": "development", **tags})
    (found,) = desk.plan(volume_id)
    assert found.result is Result.DENIED
    assert remedy in found.why
    desk.apply(execute=True)
    assert volume_id in desk.volumes()


def test_bad_bills_deny_the_act_even_after_approval(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    facts = DataFacts(control_totals_ok=False, data_as_of=desk.services.data.data_as_of)
    (applied,) = desk.with_services(data=facts).apply(plan_id).outcomes
    assert applied.result is Result.DENIED
    assert "control totals" in applied.why
    assert desk.status(plan_id) is Status.APPROVED
    assert volume_id in desk.volumes()


def test_proposal_of_another_account_is_not_planned(desk: Any) -> None:
    (found,) = desk.plan(desk.volume(), account_id="999988887777")
    assert found.result is Result.REFUSED
    assert "account 123456789012" in found.why


def test_plan_never_runs_with_another_accounts_credentials(desk: Any) -> None:
    (plan_id,) = desk.ready(desk.volume())
    elsewhere = AwsCloud("arn:aws:iam::999988887777:role/tollgate")
    (applied,) = desk.with_services(cloud=elsewhere).apply(plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "999988887777" in applied.why
    assert desk.status(plan_id) is Status.APPROVED


def test_a_role_per_account_reaches_each_account(desk: Any) -> None:
    granted = boto3.client("sts", region_name="eu-west-1").assume_role(
        RoleArn="arn:aws:iam::111122223333:role/tollgate", RoleSessionName="test"
    )["Credentials"]
    other = boto3.client(
        "ec2",
        region_name="eu-west-1",
        aws_access_key_id=granted["AccessKeyId"],
        aws_secret_access_key=granted["SecretAccessKey"],
        aws_session_token=granted["SessionToken"],
    )
    there = desk.with_services(cloud=AwsCloud("arn:aws:iam::{account_id}:role/tollgate"))
    there.aws = other
    (plan_id,) = there.ready(there.volume(), account_id="111122223333")
    assert there.apply(plan_id).ok
    assert there.volumes() == {}


def test_limits_reached_in_mid_run_stop_the_rest_and_keep_their_approval(desk: Any) -> None:
    # Planned in two batches, each within the owner's limit of five a day; together beyond it.
    first = desk.ready(*[desk.instance() for _ in range(4)])
    second = desk.ready(*[desk.instance() for _ in range(2)])

    report = desk.apply(*first, *second)

    results = [found.result for found in report.outcomes]
    assert results.count(Result.APPLIED) == 5
    (denied,) = [found for found in report.outcomes if found.result is Result.DENIED]
    assert "actions_per_owner_and_day" in denied.why
    assert not report.ok
    assert desk.status(denied.plan_id) is Status.APPROVED

    desk.clock.forward(hours=23)
    assert desk.apply(denied.plan_id).ok, "the next day has its own limit"


def test_dollar_limits_count_what_other_runs_did_today(desk: Any) -> None:
    costly = {"saving_high": "2400.00", "expected_monthly_saving": "2300.00"}
    volumes = [desk.volume() for _ in range(3)]
    ids = [desk.ready(volume_id, **costly)[0] for volume_id in volumes]
    assert desk.apply(ids[0]).ok
    assert desk.apply(ids[1]).ok
    (third,) = desk.apply(ids[2]).outcomes
    assert third.result is Result.DENIED
    assert "per_owner_and_day" in third.why
    assert volumes[2] in desk.volumes()


def test_plans_beyond_a_limit_are_denied_while_planning(desk: Any) -> None:
    outcomes = desk.plan(*[desk.instance() for _ in range(6)])
    assert [found.result for found in outcomes] == [Result.PLANNED] * 5 + [Result.DENIED]


def test_canary_is_the_smallest_plan_and_its_failure_stops_the_run(desk: Any) -> None:
    small, large = desk.instance(), desk.instance()
    (small_id,) = desk.ready(
        small, saving_high="41", evidence={"kind": "idle_instance", "observed_days": 30}
    )
    (large_id,) = desk.ready(large)
    # The action's own last look fails: another hand starts the instance as soon as it stops.

    class Restarted(AwsCloud):
        def account(self, target: Any) -> Any:
            return _Restarting(super().account(target), desk.aws)

    report = desk.with_services(cloud=Restarted()).apply(large_id, small_id)

    assert [found.plan_id for found in report.outcomes] == [small_id, large_id]
    assert report.outcomes[0].canary
    assert [found.result for found in report.outcomes] == [Result.FAILED, Result.SKIPPED]
    assert desk.state(large) == "running"
    assert desk.status(large_id) is Status.APPROVED


class _Restarting:
    """A real account in which somebody starts whatever is stopped."""

    def __init__(self, account: Any, aws: Any) -> None:
        self._account, self._aws = account, aws

    def __getattr__(self, name: str) -> Any:
        return getattr(self._account, name)

    def write(self, call: Any) -> Any:
        answer = self._account.write(call)
        self._aws.start_instances(InstanceIds=call.parameters["InstanceIds"])
        return answer


def test_failed_plan_is_finished_by_resume(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)

    class Restarted(AwsCloud):
        def account(self, target: Any) -> Any:
            return _Restarting(super().account(target), desk.aws)

    assert not desk.with_services(cloud=Restarted()).apply(plan_id).ok
    assert desk.status(plan_id) is Status.FAILED
    (applied,) = desk.apply(plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "resume" in applied.why
    (resumed,) = desk.resume().outcomes
    assert resumed.result is Result.APPLIED, resumed.why
    assert desk.state(instance_id) == "stopped"


def test_applying_twice_acts_once(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    desk.apply(plan_id)
    again = desk.apply(plan_id)
    assert again.ok
    assert again.outcomes[0].result is Result.ALREADY_DONE
    assert len(desk.snapshots(volume_id)) == 1


def test_plan_set_back_to_approved_in_the_table_is_not_applied_again(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    assert desk.apply(plan_id).ok
    assert desk.undo(plan_id).ok
    with desk.store.begin() as connection:
        connection.execute(sa.text("UPDATE action_plans SET status = 'approved'"))
    (again,) = desk.apply(plan_id).outcomes
    assert again.result is Result.REFUSED
    assert "'undone' by the journal" in again.why
    assert desk.state(instance_id) == "running"


def _apply_in_child(desk: Any, plan_id: str, gate: Any, answers: Any) -> None:
    own = desk.with_services(store=open_store(desk.url), cloud=AwsCloud())
    gate.wait(10)
    answers.put([found.result for found in own.apply(plan_id).outcomes])


def test_two_concurrent_applies_act_once(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    desk.store.dispose()
    context = multiprocessing.get_context("fork")
    start, answers = context.Barrier(2), context.Queue()
    children = [
        context.Process(target=_apply_in_child, args=(desk, plan_id, start, answers))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    results = sorted(answers.get(timeout=60)[0] for _ in children)
    for child in children:
        child.join(30)
    assert results == [Result.ALREADY_DONE, Result.APPLIED]
    assert len(desk.snapshots(volume_id)) == 1
    assert journal.CHAIN.verify(desk.store).ok


def test_second_executor_waits_and_then_says_why_it_cannot(desk: Any) -> None:
    (plan_id,) = desk.ready(desk.volume())
    with (
        executor_lock(desk.store, 0),
        pytest.raises(ExecutorBusy, match="another executor"),
    ):
        desk.with_services(lock_seconds=0.1).apply(plan_id)


def test_broken_journal_stops_every_run_before_it_begins(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    with desk.store.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER action_journal_no_update"))
        connection.execute(sa.text("UPDATE action_journal SET detail = '{}' WHERE seq = 2"))
    for run in (desk.apply, desk.resume, desk.undo):
        with pytest.raises(JournalBroken, match="event 2 was changed"):
            run(plan_id)
    assert volume_id in desk.volumes()


def test_planning_again_keeps_the_plan_and_its_approval(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    (again,) = desk.plan(volume_id)
    assert again.plan_id == plan_id
    assert desk.status(plan_id) is Status.APPROVED


def test_new_evidence_replaces_the_plan_and_its_approval(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    desk.clock.forward(hours=2)
    (newer,) = desk.plan(volume_id)
    assert newer.plan_id != plan_id
    assert desk.status(plan_id) is Status.SUPERSEDED
    (applied,) = desk.apply(plan_id).outcomes
    assert applied.result is Result.REFUSED


def test_unreachable_cloud_is_could_not_and_leaves_the_plan_as_it_was(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plan_id,) = desk.ready(desk.volume())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    (applied,) = desk.with_services(cloud=AwsCloud()).apply(plan_id).outcomes
    assert applied.result is Result.COULD_NOT
    assert desk.status(plan_id) is Status.APPROVED


def test_undo_of_what_was_never_applied_is_refused(desk: Any) -> None:
    (plan_id,) = desk.ready(desk.volume())
    (found,) = desk.undo(plan_id).outcomes
    assert found.result is Result.REFUSED
    assert "nothing was applied" in found.why


def test_evidence_too_old_at_execution_is_denied(desk: Any) -> None:
    volume_id = desk.volume()
    (found,) = desk.plan(volume_id)
    desk.approve(found.plan_id, days=6)
    facts = DataFacts(control_totals_ok=True, data_as_of=desk.clock.now + timedelta(days=4))
    desk.clock.forward(days=5)
    (applied,) = desk.with_services(data=facts).apply(found.plan_id).outcomes
    assert applied.result is Result.DENIED
    assert "evidence" in applied.why
    assert volume_id in desk.volumes()
