"""Plans hash over everything they say, and proposals are read without losing a cent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from actions.models import (
    Observation,
    Plan,
    PlannedCall,
    Proposal,
    Reversibility,
    Risk,
    Saving,
    Target,
)
from policies.models import canonical_json

NOW = datetime(2026, 10, 28, tzinfo=UTC)


def plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "plan_id": "plan-1",
        "created_at": NOW,
        "requester": "ana",
        "proposal_id": "p-1",
        "action_id": "aws.ec2_instance.stop",
        "action_version": 1,
        "risk": Risk.LOW,
        "reversibility": Reversibility(kind="undo", undo_action="start", note=""),
        "blast_radius": "one",
        "target": Target(provider="AWS", account_id="1", region="eu-west-1", resource_id="i-1"),
        "owner": "search",
        "parameters": {},
        "observed": Observation(exists=True, resource_type="ec2_instance", tags={"team": "a"}),
        "saving": Saving(currency="USD", monthly="1.10", low="1", high="2"),
        "evidence": {"kind": "idle_instance"},
        "evidence_as_of": NOW,
        "calls": [PlannedCall(service="ec2", operation="StopInstances", parameters={"a": 1})],
        "undo_calls": [],
    }
    return Plan.model_validate({**values, **changes})


def proposal(**changes: Any) -> Proposal:
    row = {
        "proposal_id": "p-1",
        "action_id": "aws.ec2_instance.stop",
        "service_provider_name": "AWS",
        "account_id": "1",
        "region": "eu-west-1",
        "resource_id": "i-1",
        "owner": None,
        "billing_currency": "USD",
        "expected_monthly_saving": "10.000000000001",
        "saving_low": "9",
        "saving_high": "11",
        "evidence": '{"kind":"idle_instance","monthly_effective_cost":12.345678901234567890}',
        "evidence_as_of": "2026-10-28 06:00:00",
        "created_at": datetime(2026, 10, 28, 7),  # noqa: DTZ001  (as a warehouse hands it over)
    }
    return Proposal.model_validate({**row, **changes})


def test_hash_survives_the_store() -> None:
    made = plan()
    assert Plan.model_validate_json(canonical_json(made.model_dump(mode="json"))) == made
    assert (
        Plan.model_validate_json(canonical_json(made.model_dump(mode="json"))).plan_hash
        == made.plan_hash
    )


@pytest.mark.parametrize("field", [name for name in Plan.model_fields if name != "plan_schema"])
def test_hash_covers_every_field(field: str) -> None:
    other: dict[str, Any] = {
        "created_at": NOW.replace(year=2025),
        "action_version": 2,
        "risk": Risk.HIGH,
        "reversibility": Reversibility(kind="irreversible", undo_action=None, note="x"),
        "target": Target(provider="AWS", account_id="2", region="eu-west-1", resource_id="i-1"),
        "parameters": {"a": 1},
        "observed": Observation(exists=True, resource_type="ec2_instance", tags={"team": "b"}),
        "saving": Saving(currency="USD", monthly="1.11", low="1", high="2"),
        "evidence": {"kind": "other"},
        "evidence_as_of": NOW.replace(year=2025),
        "calls": [],
        "undo_calls": [PlannedCall(service="ec2", operation="StartInstances", parameters={})],
    }
    changed = plan(**{field: other.get(field, "changed")})
    assert changed.plan_hash != plan().plan_hash


def test_order_of_keys_does_not_change_the_hash() -> None:
    assert plan(evidence={"a": 1, "b": 2}).plan_hash == plan(evidence={"b": 2, "a": 1}).plan_hash


def test_amounts_in_the_evidence_stay_exact() -> None:
    assert proposal().evidence["monthly_effective_cost"] == "12.345678901234567890"
    assert proposal().expected_monthly_saving == Decimal("10.000000000001")


def test_times_without_a_zone_are_utc() -> None:
    assert proposal().evidence_as_of == datetime(2026, 10, 28, 6, tzinfo=UTC)
    assert proposal().created_at == datetime(2026, 10, 28, 7, tzinfo=UTC)


@pytest.mark.parametrize("amount", [10.5, "NaN", "Infinity", "ten", None])
def test_amounts_that_are_not_exact_decimals_are_errors(amount: object) -> None:
    with pytest.raises(ValidationError):
        proposal(expected_monthly_saving=amount)


def test_differences_name_what_changed() -> None:
    before = Observation(exists=True, resource_type="x", tags={"a": "1"}, state={"size": 8})
    after = Observation(exists=True, resource_type="x", tags={"b": "2"}, state={"size": 9})
    assert after.differences(before) == [
        "size: 8 -> 9",
        "tag a: '1' -> None",
        "tag b: None -> '2'",
    ]
    gone = Observation(exists=False, resource_type="x")
    assert gone.differences(before) == ["the resource is gone"]


def test_placeholders_are_filled_at_any_depth() -> None:
    call = PlannedCall(service="ec2", operation="X", parameters={"a": [{"b": "${id}"}], "c": "d"})
    assert call.filled({"id": "snap-1"}).parameters == {"a": [{"b": "snap-1"}], "c": "d"}
    with pytest.raises(KeyError):
        call.filled({})
