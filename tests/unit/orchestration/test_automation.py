"""Automation is tested by evaluating its ticks on an ephemeral instance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import dagster as dg
import pytest
import sqlalchemy as sa

from actions.journal import Journal
from actions.tables import JOURNAL
from orchestration import automation
from orchestration.partitions import BILLING_MONTHS
from orchestration.resources import Tollgate
from policies.store import open_store


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "months"),
    [
        ("2026-11-21", ("2026-10", "2026-11")),
        ("2026-01-01", ("2025-12", "2026-01")),
        ("2026-03-31", ("2026-02", "2026-03")),
    ],
)
def test_open_and_previous_month_are_ingested_again(now: str, months: tuple[str, str]) -> None:
    assert automation.months_still_moving(at(now)) == months


def test_daily_tick_asks_for_one_run_over_both_months(instance: dg.DagsterInstance) -> None:
    context = dg.build_schedule_context(
        instance=instance, scheduled_execution_time=at("2026-11-21T02:00:00")
    )
    tick = automation.daily_ingest.evaluate_tick(context)
    assert tick.run_requests is not None
    (request,) = tick.run_requests
    assert request.tags["dagster/asset_partition_range_start"] == "2026-10"
    assert request.tags["dagster/asset_partition_range_end"] == "2026-11"


def test_month_close_lands_the_closed_month_alone(instance: dg.DagsterInstance) -> None:
    context = dg.build_schedule_context(
        instance=instance, scheduled_execution_time=at("2026-11-06T04:00:00")
    )
    tick = automation.month_close.evaluate_tick(context)
    assert tick.run_requests is not None
    (request,) = tick.run_requests
    assert request.tags["dagster/asset_partition_range_start"] == "2026-10"
    assert request.tags["dagster/asset_partition_range_end"] == "2026-10"


def test_open_month_has_a_partition_before_it_ends() -> None:
    keys = BILLING_MONTHS.get_partition_keys(current_time=at("2026-11-21T09:00:00"))
    assert keys[-1] == "2026-11"


def approve(store: sa.Engine, plan_id: str) -> None:
    """What `approvals.approve` journals; whole approvals are tested with the executor."""
    journal = Journal(store, "run-1", lambda: datetime.now(UTC), None)
    journal.write("approved", {"approval_id": f"approval-{plan_id}", "plan_id": plan_id})


def test_each_approval_starts_one_run_and_a_dry_one_by_default(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(automation.ACTIONS_VARIABLE, raising=False)
    resources = {"tollgate": Tollgate(home=str(tmp_path))}

    def tick(cursor: str | None) -> Any:
        context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
        return automation.approvals.evaluate_tick(context)

    assert not tick(None).run_requests
    store = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    approve(store, "p1")
    first = tick(None)
    (request,) = first.run_requests
    assert request.run_config["ops"]["platform__action_events"]["config"]["mode"] == "DRY_RUN"
    assert not tick(first.cursor).run_requests
    approve(store, "p2")
    monkeypatch.setenv(automation.ACTIONS_VARIABLE, "execute")
    (request,) = tick(first.cursor).run_requests
    assert request.run_config["ops"]["platform__action_events"]["config"]["mode"] == "EXECUTE"
    with store.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(JOURNAL)).scalar() == 2


def test_new_files_start_one_run_over_the_months_that_changed(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    bills = tmp_path / "bills"
    (tmp_path / "exports.toml").write_text(
        '[[export]]\nfeed = "aws_cur2"\npath = "bills"\n'
        '[[export]]\nfeed = "focus"\npath = "not-there-yet"\n'
    )

    def write(name: str, text: str = "a") -> None:
        (bills / name).parent.mkdir(parents=True, exist_ok=True)
        (bills / name).write_text(text)

    def tick(cursor: str | None) -> Any:
        context = dg.build_sensor_context(
            instance=instance, cursor=cursor, resources={"tollgate": Tollgate(home=str(tmp_path))}
        )
        return automation.new_bills(context)

    def months(found: Any) -> list[str | None]:
        (request,) = found.run_requests
        names = ("start", "end")
        return [request.tags.get(f"dagster/asset_partition_range_{name}") for name in names]

    write("2026-08/a.csv")
    write("20260901-20261001/b.csv")
    first = tick(None)
    assert months(first) == ["2026-08", "2026-09"]
    assert not tick(first.cursor).run_requests
    write("2026-09/c.csv")
    second = tick(first.cursor)
    assert months(second) == ["2026-09", "2026-09"]
    # What comes back as it was before is news too.
    (bills / "2026-09/c.csv").unlink()
    third = tick(second.cursor)
    assert months(third) == ["2026-09", "2026-09"]
    assert third.run_requests[0].run_key is None
    assert third.run_requests[0].tags["dagster/max_retries"] == "2"
    write("of-any-month.csv")
    assert months(tick(third.cursor)) == [None, None]
    write("2011-01/a.csv")
    assert months(tick(third.cursor)) == [None, None]


class Sink(BaseHTTPRequestHandler):
    bodies: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Sink)
    Sink.bodies = []
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()


def test_failed_run_reaches_the_webhook_with_its_reason(
    instance: dg.DagsterInstance, webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_WEBHOOK_URL", webhook)

    @dg.op
    def breaks() -> None:
        raise RuntimeError("the bill does not add up")

    @dg.job
    def broken() -> None:
        breaks()

    result = broken.execute_in_process(instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    context = dg.build_run_status_sensor_context(
        sensor_name="failures",
        dagster_instance=instance,
        dagster_run=run,
        dagster_event=next(e for e in result.all_events if e.is_job_failure),
    ).for_run_failure()
    automation.failures(context)
    assert run.run_id.encode() in Sink.bodies[0]


def test_schedules_speak_utc_and_say_like_sensors_what_they_do() -> None:
    for schedule in automation.schedules():
        assert schedule.execution_timezone == "UTC"
        assert schedule.description
    assert all(sensor.description for sensor in automation.sensors())
    assert timedelta(0) == datetime.now(UTC).utcoffset()
