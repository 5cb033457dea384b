"""What planning says of plans that were made before."""

from __future__ import annotations

from typing import Any

from actions import planner
from actions.models import Result, Status


def test_plan_made_again_says_that_it_is_approved_and_until_when(desk: Any) -> None:
    volume_id = desk.volume()
    (plan_id,) = desk.ready(volume_id)
    (again,) = desk.plan(volume_id)
    assert (again.plan_id, again.result) == (plan_id, Result.PLANNED)
    assert again.why == "allowed; approved by ben until 2026-10-29 06:00 UTC"
    assert desk.status(plan_id) is Status.APPROVED


def test_plan_made_again_after_its_approval_expired_waits_for_a_new_one(desk: Any) -> None:
    volume_id = desk.volume()
    same = [desk.proposal(volume_id)]
    (found,) = planner.plan_proposals(desk.services, same, requester="ana").outcomes
    desk.approve(found.plan_id, minutes=5)
    desk.clock.forward(minutes=6)
    (again,) = planner.plan_proposals(desk.services, same, requester="ana").outcomes
    assert again.plan_id == found.plan_id
    assert again.why.startswith("allowed; waits for a new approval: ")
    assert "expired at" in again.why


def test_limit_is_not_told_where_waiting_would_change_nothing(desk: Any) -> None:
    assert desk.apply(*desk.ready(*[desk.instance() for _ in range(5)])).ok
    protected = desk.instance({"team": "search", "environment": "development", "protected": "yes"})
    (waits,) = desk.plan(desk.instance())
    assert "the limit actions_per_owner_and_day (5) is exceeded" in waits.why
    (final,) = desk.plan(protected)
    recorded = {denial.rule_id for denial in final.decision.denials}
    assert recorded == {"remediation.protected_scope", "remediation.run_limits"}
    assert "protects the resource" in final.why
    assert "limit" not in final.why
