"""`tollgate explain` names what happened near a finding, and where it is judged strictly."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app

FINDING = "0123456789abcdef0123"
_TABLES = f"""
create schema marts;
create table marts.fct_findings as
select '{FINDING}' as finding_id, 'AWS' as service_provider_name, 'spike' as kind, 'open' as status,
       date '2026-03-10' as first_seen, date '2026-03-11' as last_seen, 'EC2 costs more.' as why,
       null::varchar as parent_finding_id, '{{}}' as drivers;
insert into marts.fct_findings by name
select 'abcdef' as finding_id, '{FINDING}' as parent_finding_id, '{{}}' as drivers,
       'AWS' as service_provider_name, 'level_shift' as kind, 'open' as status, 'Too.' as why,
       date '2026-03-11' as last_seen, date '2026-03-10' as first_seen;
alter table marts.fct_findings add column level text default 'account';
alter table marts.fct_findings add column member text default '(all)';
alter table marts.fct_findings add column sub_account_id text default '42';
alter table marts.fct_findings add column billing_currency text default 'USD';
alter table marts.fct_findings add column impact_cost decimal(38, 12) default 70;
create table marts.fct_anomaly_drivers as select '' as finding_id, 1 as driver_rank where false;
create table marts.fct_finding_events as
select * from (values
  ('{FINDING}', 1, 'Deployment applied: shop 12', 3, 'resource', 17.5, 'USD'),
  ('{FINDING}', 2, 'Planned by ana: a test', -1, 'account', null, null),
  ('another', 1, 'Action applied: stop', 0, 'account', -4, 'USD')
) as events (finding_id, event_rank, description, days_before, shared_place, monthly_cost,
             billing_currency);
create table marts.fct_detection_budgets as
select * from (values
  ('AWS', 10, 6, 0.125::double, 0.25::double, true),
  ('Microsoft', 9, 8, 0.05::double, 0.25::double, true)
) as budgets (service_provider_name, judged, false_findings, false_alarms, tuned_false_alarms,
              is_stricter);
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as file:
        file.execute(_TABLES)
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("TOLLGATE_ENGINE", "duckdb")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.mark.usefixtures("home")
def test_events_near_the_finding_are_told_and_no_others() -> None:
    told = CliRunner().invoke(app, ["explain", FINDING]).stdout
    assert "Deployment applied: shop 12" in told
    assert "3 days before" in told
    assert "+17.50 USD" in told
    assert "1 day after" in told
    assert "stop" not in told


@pytest.mark.usefixtures("home")
def test_a_provider_that_feedback_made_stricter_is_named_with_its_figures() -> None:
    told = " ".join(CliRunner().invoke(app, ["explain", FINDING]).stdout.split())
    assert "AWS is judged more strictly than tuned: 6 of 10 findings" in told
    assert "0.12 false alarms per series and year are allowed, not 0.25" in told
    assert "Microsoft" not in told


@pytest.mark.usefixtures("home")
def test_the_json_has_every_event_of_the_finding() -> None:
    done = CliRunner().invoke(app, ["explain", FINDING[:6], "--format", "json"])
    assert [event["event_rank"] for event in json.loads(done.stdout)["events"]] == [1, 2]


@pytest.mark.usefixtures("home")
def test_a_finding_names_those_that_it_tells_too() -> None:
    told = " ".join(CliRunner().invoke(app, ["explain", FINDING]).stdout.split())
    assert "Account 42 (AWS), all services together 2026-03-10 +70.00 USD" in told
    done = CliRunner().invoke(app, ["explain", FINDING, "--format", "json"])
    assert [row["finding_id"] for row in json.loads(done.stdout)["tells"]] == ["abcdef"]
    assert "the same" not in CliRunner().invoke(app, ["explain", "abcdef"]).stdout
