"""Promises of `propose`: only known remedies, honest savings, stable identity."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from orchestration.analytics.proposals import COLUMNS, propose, without_action

NOW = datetime(2026, 10, 28, 6, tzinfo=UTC)


def candidate(**over: object) -> dict[str, object]:
    base: dict[str, object] = {
        "waste_kind": "unattached_volume",
        "service_provider_name": "AWS",
        "account_id": "111122223333",
        "region": "us-east-1",
        "resource_id": "vol-1",
        "resource_type": "gp3",
        "owner": "data",
        "environment": "dev",
        "managed_by": None,
        "tags": '{"user:team": "data"}',
        "first_seen": date(2026, 9, 1),
        "snapshot_date": date(2026, 10, 26),
        "billing_currency": "USD",
        "monthly_effective_cost": Decimal("80.000000000000"),
        "evidence": '{"attached": false}',
    }
    return base | over


def test_unattached_volume_keeps_the_snapshot_cost() -> None:
    row = propose(pd.DataFrame([candidate()]), created_at=NOW).iloc[0]
    assert row["action_id"] == "aws.ebs_volume.snapshot_and_delete"
    assert row["saving_low"] < row["expected_monthly_saving"] < row["saving_high"]
    assert row["saving_high"] == Decimal(80)
    evidence = json.loads(row["evidence"])
    assert "snapshot stays" in evidence["assumption"]
    assert evidence["observed_days"] == 56
    assert evidence["facts"] == {"attached": False}
    assert row["evidence_as_of"] == datetime(2026, 10, 26, tzinfo=UTC)


def test_idle_instance_is_stopped() -> None:
    waste = pd.DataFrame([candidate(waste_kind="idle_instance", resource_id="i-1")])
    row = propose(waste, created_at=NOW).iloc[0]
    assert row["action_id"] == "aws.ec2_instance.stop"
    assert "disks" in json.loads(row["evidence"])["assumption"]


def test_waste_without_an_action_is_counted_not_proposed() -> None:
    waste = pd.DataFrame(
        [
            candidate(),
            candidate(service_provider_name="Microsoft", resource_id="d-1"),
            candidate(service_provider_name="Microsoft", resource_id="d-2"),
            candidate(resource_id="vol-free", monthly_effective_cost=Decimal(0)),
            candidate(resource_id="vol-unbilled", monthly_effective_cost=None),
        ]
    )
    assert propose(waste, created_at=NOW)["resource_id"].tolist() == ["vol-1"]
    assert without_action(waste) == {
        "unattached_volume/AWS": 2,
        "unattached_volume/Microsoft": 2,
    }


def test_identity_is_stable_and_the_largest_saving_comes_first() -> None:
    waste = pd.DataFrame(
        [candidate(), candidate(resource_id="vol-2", monthly_effective_cost=Decimal(900))]
    )
    first = propose(waste, created_at=NOW)
    again = propose(waste[::-1], created_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert first["resource_id"].tolist() == ["vol-2", "vol-1"]
    assert first["proposal_id"].tolist() == again["proposal_id"].tolist()
    assert first["proposal_id"].is_unique


def test_money_has_twelve_decimals() -> None:
    row = propose(pd.DataFrame([candidate()]), created_at=NOW).iloc[0]
    for name in ("expected_monthly_saving", "saving_low", "saving_high"):
        assert row[name].as_tuple().exponent == -12


def test_floats_are_refused_by_resource() -> None:
    with pytest.raises(ValueError, match=r"vol-1 is 12\.5, not a decimal"):
        propose(pd.DataFrame([candidate(monthly_effective_cost=12.5)]), created_at=NOW)


def test_broken_evidence_names_the_resource() -> None:
    with pytest.raises(ValueError, match="vol-1 are not JSON"):
        propose(pd.DataFrame([candidate(evidence="{broken")]), created_at=NOW)


def test_no_waste_gives_an_empty_table_with_all_columns() -> None:
    waste = pd.DataFrame(columns=list(candidate()))
    assert propose(waste, created_at=NOW).columns.tolist() == COLUMNS
    assert without_action(waste) == {}
