"""What the journal and the evidence say holds, whatever tables, names and amounts look like."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from actions import approvals, planner, plans
from actions.errors import ApprovalInvalid, Refused
from actions.models import Result
from policies.bundle import BUNDLE


def test_plan_started_once_is_never_begun_again_whatever_the_table_says(desk: Any) -> None:
    instance_id = desk.instance()
    (plan_id,) = desk.ready(instance_id)
    assert desk.apply(plan_id).ok
    assert desk.undo(plan_id).ok
    with desk.store.begin() as connection:
        connection.execute(sa.text("UPDATE action_plans SET status = 'approved'"))
        connection.execute(sa.text("UPDATE action_approvals SET used_by_run = NULL"))
    for execute in (False, True):
        (again,) = desk.apply(plan_id, execute=execute).outcomes
        assert again.result is Result.REFUSED
        assert "is 'approved' in the table, and 'undone' by the journal" in again.why
    plan, _ = plans.load(desk.store, plan_id, only_body=True)
    with pytest.raises(ApprovalInvalid, match="used up"):
        approvals.valid_for(desk.store, plan, desk.clock.now)
    assert approvals.valid_for(desk.store, plan, desk.clock.now, resuming=True)
    assert desk.state(instance_id) == "running"


@pytest.mark.parametrize("approver", ["\u200bana", "a\u00adna", "\uff41na", "ana\u2060"])
def test_requester_in_disguise_is_refused(desk: Any, approver: str) -> None:
    (found,) = desk.plan(desk.volume(), requester="ana")
    with pytest.raises(Refused, match="cannot approve it"):
        desk.approve(found.plan_id, approver=approver)


def test_approver_without_a_visible_name_is_refused(desk: Any) -> None:
    (found,) = desk.plan(desk.volume(), requester="ana")
    with pytest.raises(Refused, match="needs a name"):
        desk.approve(found.plan_id, approver="\u200b ")


@pytest.mark.parametrize(
    "values",
    [
        {"expected_monthly_saving": "1e20", "saving_high": "1e20"},
        {"saving_high": "1e300"},
        {"evidence": {"kind": "unattached_volume", "monthly_effective_cost": "9,000.00"}},
    ],
)
def test_amount_that_cannot_be_counted_stops_its_own_proposal_only(
    desk: Any, values: dict[str, Any]
) -> None:
    bad, good = desk.volume(), desk.volume()
    proposals = [desk.proposal(bad, **values), desk.proposal(good)]
    report = planner.plan_proposals(desk.services, proposals, requester="ana")
    found = {outcome.resource_id: outcome for outcome in report.outcomes}
    assert found[bad].result is Result.REFUSED
    assert "correct the proposal" in found[bad].why
    assert found[bad].plan_id is None
    assert found[good].result is Result.PLANNED


def test_environments_in_conflict_are_denied(desk: Any) -> None:
    tags = {"team": "search", "environment": "development", "env": "staging"}
    (found,) = desk.plan(desk.volume(tags))
    assert found.result is Result.DENIED
    assert "development or staging is not known" in found.why


def test_approval_given_by_a_clock_that_was_ahead_does_not_hold(desk: Any) -> None:
    instance_id, today = desk.instance(), desk.clock.now
    (found,) = desk.plan(instance_id)
    desk.clock.now = today.replace(year=2030)
    desk.approve(found.plan_id, days=7)
    desk.clock.now = today
    (applied,) = desk.apply(found.plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "given at 2030-10-28T06:00:00.000000Z, which is still to come" in applied.why
    assert desk.state(instance_id) == "running"
    desk.approve(found.plan_id)
    assert desk.apply(found.plan_id).ok, "one of today holds"


def test_approval_longer_than_any_is_given_does_not_hold(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = desk.plan(desk.instance())
    with monkeypatch.context() as patched:
        patched.setattr(approvals, "LONGEST_LIFETIME", timedelta(days=999))
        desk.approve(found.plan_id, days=8)
    (applied,) = desk.apply(found.plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "longer than any may" in applied.why


def test_executor_and_gate_know_one_longest_approval() -> None:
    config = yaml.safe_load((BUNDLE / "finops/config/remediation/data.yaml").read_text())
    assert timedelta(hours=config["approval_max_hours"]) == approvals.LONGEST_LIFETIME


@pytest.mark.parametrize("moment", ["zz", "", None])
def test_approval_whose_row_cannot_be_read_does_not_hold(desk: Any, moment: str | None) -> None:
    (plan_id,) = desk.ready(desk.instance())
    with desk.store.begin() as connection:
        change = sa.text("UPDATE action_approvals SET expires_at = coalesce(:m, 0), given_at = 'x'")
        connection.execute(change, {"m": moment})
    (applied,) = desk.apply(plan_id).outcomes
    assert applied.result is Result.REFUSED
    assert "not in the journal as it stands" in applied.why
