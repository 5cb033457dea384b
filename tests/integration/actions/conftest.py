"""A real EC2 API emulator (moto server), a real store, the real gate, and a clock to turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import sqlalchemy as sa

from actions import approvals, executor, journal, planner, plans, recovery
from actions.clients import AwsCloud
from actions.models import DataFacts, Outcome, Proposal, Result, RunReport, Status
from actions.services import Services
from actions.steps import Timing
from orchestration.settings import load_settings
from policies.engine import PolicyEngine, open_engine
from policies.store import open_store

IMAGE = "ami-12c6146b"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
EBS = "aws.ebs_volume.snapshot_and_delete"
STOP = "aws.ec2_instance.stop"
TAGS = {"team": "search", "environment": "development", "Name": "scratch"}
START = datetime(2026, 10, 28, 6, 0, tzinfo=UTC)


@pytest.fixture
def aws(moto_address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty account, reached as the SDK's own chain says; the value is an EC2 client."""
    requests.post(f"{moto_address}/moto-api/reset", timeout=10)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    return boto3.client("ec2", region_name=REGION)


@pytest.fixture(scope="session")
def gate() -> PolicyEngine:
    return open_engine()


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Desk:
    """One operator's view: short names for what the tests do all the time."""

    services: Services
    aws: Any
    clock: Clock
    url: str

    @property
    def store(self) -> sa.Engine:
        return self.services.store

    def volume(self, tags: dict[str, str] | None = None, **shape: Any) -> str:
        request = {"AvailabilityZone": f"{REGION}a", "Size": 8, "VolumeType": "gp3", **shape}
        listed = [{"Key": k, "Value": v} for k, v in (TAGS if tags is None else tags).items()]
        request["TagSpecifications"] = [{"ResourceType": "volume", "Tags": listed}]
        return str(self.aws.create_volume(**request)["VolumeId"])

    def instance(self, tags: dict[str, str] | None = None, **shape: Any) -> str:
        listed = [{"Key": k, "Value": v} for k, v in (TAGS if tags is None else tags).items()]
        request = {
            "ImageId": IMAGE,
            "InstanceType": "m5.large",
            "MinCount": 1,
            "MaxCount": 1,
            "TagSpecifications": [{"ResourceType": "instance", "Tags": listed}],
            **shape,
        }
        return str(self.aws.run_instances(**request)["Instances"][0]["InstanceId"])

    def proposal(self, resource_id: str, **values: Any) -> Proposal:
        is_volume = resource_id.startswith("vol-")
        kind = "unattached_volume" if is_volume else "idle_instance"
        row = {
            "proposal_id": f"proposal-{resource_id}",
            "action_id": EBS if is_volume else STOP,
            "service_provider_name": "AWS",
            "account_id": ACCOUNT,
            "region": REGION,
            "resource_id": resource_id,
            "owner": "search",
            "billing_currency": "USD",
            "expected_monthly_saving": "40.00",
            "saving_low": "35.00",
            "saving_high": "42.00",
            "evidence": {"kind": kind, "observed_days": 30, "monthly_effective_cost": "42.00"},
            "evidence_as_of": self.clock.now - timedelta(hours=6),
            "created_at": self.clock.now,
            **values,
        }
        return Proposal.model_validate(row)

    def plan(self, *resource_ids: str, requester: str = "ana", **values: Any) -> list[Outcome]:
        proposals = [self.proposal(resource_id, **values) for resource_id in resource_ids]
        return list(planner.plan_proposals(self.services, proposals, requester=requester).outcomes)

    def approve(self, plan_id: str, approver: str = "ben", **lifetime: float) -> None:
        span = timedelta(**lifetime) if lifetime else approvals.DEFAULT_LIFETIME
        log = self.services.journal()
        approvals.approve(log, plan_id, approver, now=self.clock.now, lifetime=span)

    def ready(self, *resource_ids: str, **values: Any) -> list[str]:
        """Plan and approve; the plan ids, in the order of the resources."""
        outcomes = {found.resource_id: found for found in self.plan(*resource_ids, **values)}
        ids = []
        for resource_id in resource_ids:
            found = outcomes[resource_id]
            assert found.result is Result.PLANNED, found.why
            assert found.plan_id
            self.approve(found.plan_id)
            ids.append(found.plan_id)
        return ids

    def apply(self, *plan_ids: str, execute: bool = True) -> RunReport:
        return executor.apply_plans(self.services, plan_ids or None, execute=execute)

    def undo(self, *plan_ids: str, execute: bool = True) -> RunReport:
        return recovery.undo(self.services, plan_ids, execute=execute)

    def resume(self, *plan_ids: str, execute: bool = True) -> RunReport:
        return recovery.resume(self.services, plan_ids or None, execute=execute)

    def status(self, plan_id: str) -> Status:
        return plans.load(self.store, plan_id)[1]

    def events(self, plan_id: str | None = None) -> list[str]:
        return [event.event for event in self.journal(plan_id)]

    def journal(self, plan_id: str | None = None) -> list[journal.Event]:
        return journal.read(self.store, plan_id=plan_id)

    def tag(self, resource_id: str, **tags: str) -> None:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.aws.create_tags(Resources=[resource_id], Tags=listed)

    def volumes(self) -> dict[str, dict[str, Any]]:
        return {v["VolumeId"]: v for v in self.aws.describe_volumes()["Volumes"]}

    def snapshots(self, volume_id: str) -> list[dict[str, Any]]:
        found = self.aws.describe_snapshots(
            OwnerIds=["self"], Filters=[{"Name": "volume-id", "Values": [volume_id]}]
        )
        return list(found["Snapshots"])

    def state(self, instance_id: str) -> str:
        found = self.aws.describe_instances(InstanceIds=[instance_id])
        return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])

    def everything(self) -> dict[str, Any]:
        """All that the account holds, for comparing before and after."""
        return {
            "volumes": self.aws.describe_volumes()["Volumes"],
            "snapshots": self.aws.describe_snapshots(OwnerIds=["self"])["Snapshots"],
            "instances": self.aws.describe_instances()["Reservations"],
            "tags": self.aws.describe_tags()["Tags"],
        }

    def with_services(self, **changes: Any) -> Desk:
        return replace(self, services=replace(self.services, **changes))


@pytest.fixture
def desk(aws: Any, gate: PolicyEngine, tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'ops.sqlite'}"
    store, clock = open_store(url), Clock()
    services = Services(
        store=store,
        policy=gate,
        cloud=AwsCloud(),
        data=DataFacts(control_totals_ok=True, data_as_of=START - timedelta(hours=4)),
        clock=clock,
        timing=Timing(poll_seconds=0.01, settle_seconds=2, consistency_seconds=0.02),
        lock_seconds=5,
    )
    yield Desk(services, aws, clock, url)
    store.dispose()


@pytest.fixture
def home(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that lives at the desk's time, on the desk's own store."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("TOLLGATE_OPS_URL", desk.url)
    monkeypatch.setenv("COLUMNS", "400")
    load_settings().clock_file.write_text(desk.clock.now.isoformat())
    return tmp_path
