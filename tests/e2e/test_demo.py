"""What the demo promises a newcomer, read from the report and the marts that it leaves."""

import csv
import io
import json
import os
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.analytics.detectors import detect


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_provider_month_equals_its_bill_to_the_last_decimal(demo: Any) -> None:
    costs = demo.report["costs"]
    assert {row["service_provider_name"] for row in costs} > {"AWS", "Microsoft", "Google Cloud"}
    assert len({row["billing_period"] for row in costs}) == 14
    assert all(
        row["equal"] and Decimal(row["billed_cost"]) == Decimal(row["bill"]) for row in costs
    )


def test_months_that_were_restated_after_their_close_are_in_the_ledger(demo: Any) -> None:
    truth = json.loads((demo.home / "demo" / "company" / "truth.json").read_text())
    done = demo.tollgate(
        "query", "--format", "csv",
        "select distinct x_feed as f, x_export as e, x_billing_period as m "
        "from marts.fct_billing_period_restatements where is_of_closed_period",
    )  # fmt: skip
    assert {(r["f"], r["e"], r["m"]) for r in rows(done.stdout)} == {
        (r["feed"], r["export"], r["billing_period"]) for r in truth["restated"]
    }


def test_truth_file_was_not_needed_to_get_the_totals(demo: Any) -> None:
    """The marts are summed again here, and held against the truth outside the demo's own code."""
    done = demo.tollgate(
        "query", "--format", "csv",
        "select service_provider_name as p, x_billing_period as m, billing_currency as c, "
        "sum(billed_cost) as cost from focus.fct_focus_charges group by all",
    )  # fmt: skip
    marts = {(r["p"], r["m"], r["c"]): Decimal(r["cost"]) for r in rows(done.stdout)}
    truth = json.loads((demo.home / "demo" / "company" / "truth.json").read_text())
    assert marts == {
        (r["service_provider_name"], r["billing_period"], r["currency"]): Decimal(r["billed_cost"])
        for r in truth["billed_cost"]
    }


def test_a_value_of_a_query_can_be_used_in_a_shell_as_it_is(demo: Any) -> None:
    script = (
        'tollgate explain "$(tollgate query --format csv'
        " \"select finding_id from marts.fct_findings where kind <> 'restated_period' limit 1\""
        ' | tail -1)"'
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"TOLLGATE_HOME": str(demo.home), "PATH": path}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "by cause" in done.stdout


def test_every_real_sample_is_listed_and_equals_its_own_sums(demo: Any) -> None:
    listed = {Path(row["path"]) for row in demo.report["samples"]}
    fixtures = Path(__file__).parents[1] / "fixtures" / "billing"
    files = {
        path.relative_to(fixtures)
        for path in fixtures.rglob("*")
        if path.suffix in {".csv", ".json", ".parquet"} and "expected" not in path.name
    }
    assert listed <= files
    assert len(listed) >= 30
    assert all(row["equal"] for row in demo.report["samples"])


def test_one_pull_request_is_allowed_and_one_denied_with_a_remedy(demo: Any) -> None:
    gate = demo.report["gate"]
    assert gate["allowed"]["allow"] is True
    assert gate["denied"]["allow"] is False
    rules = {denial["rule_id"] for denial in gate["denied"]["denials"]}
    assert {"deployment.required_tags", "deployment.monthly_budget_delta"} <= rules
    assert all(denial["remedy"] for denial in gate["denied"]["denials"])


def test_actions_were_decided_applied_and_taken_back(demo: Any) -> None:
    actions = demo.report["actions"]
    assert {found["result"] for found in actions["applied"]} == {"applied"}
    assert {found["result"] for found in actions["undone"]} == {"undone"}
    assert all(plan["decision_id"] for plan in actions["planned"])


def test_protected_and_code_owned_resources_are_never_planned(demo: Any) -> None:
    truth = json.loads((demo.home / "demo" / "company" / "truth.json").read_text())
    hands_off = {w["resource_id"] for w in truth["waste"] if not w["actionable"]}
    assert hands_off
    touched = {
        plan["resource_id"]
        for plan in demo.report["actions"]["planned"]
        if plan["status"] != "denied"
    }
    assert not touched & hands_off


def test_share_found_and_false_alarms_are_printed_not_claimed(demo: Any) -> None:
    for what in ("anomalies", "waste"):
        found = demo.report[what]
        assert f"Of {found['planted']} planted {what}, {found['found']} were found" in demo.printed
        assert f"false alarms: {found['false_alarms']}" in demo.printed
    assert demo.report["waste"]["share_found"] == 1.0


def test_most_planted_anomalies_that_were_found_name_the_planted_driver_first(demo: Any) -> None:
    found = demo.report["anomalies"]
    right = len(found["driven_right"])
    assert right >= 0.9 * found["found"]
    assert f"Of the {found['found']} found, {right} name the planted driver" in demo.printed


def test_an_announced_load_test_would_have_alarmed_and_is_silent(demo: Any) -> None:
    truth = json.loads((demo.home / "demo" / "company" / "truth.json").read_text())
    (event,) = truth["announced"]
    place = [event[key] for key in ("sub_account_id", "service_name")]
    with duckdb.connect(demo.home / "warehouse.duckdb", read_only=True) as marts:
        daily = marts.execute(
            "select 'one' as series_id, charge_date::timestamp as ds, "
            "sum(effective_cost)::double as y from marts.fct_daily_costs where "
            "charge_category = 'Usage' and sub_account_id = ? and service_name = ? group by all",
            place,
        ).df()
        found = marts.execute(
            "select count(*) from marts.fct_findings where sub_account_id = ? and "
            "service_name = ? and first_seen <= ?::date and last_seen >= ?::date",
            [*place, event["start"], event["start"]],
        ).fetchone()
    flags = detect(daily)
    assert flags[flags["ds"].dt.date.astype(str) == event["start"]]["flag"].all()
    assert found == (0,)


def test_drivers_sum_to_what_the_daily_costs_changed_by(demo: Any) -> None:
    """The change is measured again from the daily costs, day by day, and not from the charges."""
    done = demo.tollgate(
        "query", "--format", "csv",
        "with drivers as (select finding_id, any_value(first_day) as first_day, "
        "any_value(last_day) as last_day, any_value(reference_windows) as windows, "
        "sum(change_cost) as change from marts.fct_anomaly_drivers group by 1), "
        "compared as (select drivers.*, (last_day - first_day) // 7 * 7 + 7 as apart, "
        "findings.* exclude (finding_id) from drivers "
        "join marts.fct_findings as findings using (finding_id)) "
        "select any_value(change) as change, "
        "sum(case when charge_date >= first_day then effective_cost else 0 end) as now, "
        "sum(case when charge_date < first_day then effective_cost else 0 end) as earlier, "
        "any_value(windows) as windows from compared join marts.fct_daily_costs as daily "
        "on daily.service_provider_name = compared.service_provider_name "
        "and coalesce(daily.sub_account_id, '(none)') = compared.sub_account_id "
        "and daily.service_name = compared.service_name "
        "and daily.billing_currency = compared.billing_currency and charge_category = 'Usage' "
        "and exists (select 1 from range(0, windows + 1) as back(n) where charge_date "
        "between first_day - cast(n * apart as integer) and last_day - cast(n * apart as integer)) "
        "group by finding_id",
    )  # fmt: skip
    compared = rows(done.stdout)
    found = demo.report["anomalies"]["findings"]
    sums = {one["finding_id"] for one in found if one["level"] != "service"}
    services = [f for f in found if f["level"] == "service" and f["kind"] != "purchase"]
    # What a sum tells has the sum's drivers.
    assert len(compared) == sum(f["parent_finding_id"] not in sums for f in services)
    for row in compared:
        change = Decimal(row["now"]) - Decimal(row["earlier"]) / int(row["windows"])
        assert abs(Decimal(row["change"]) - change) <= Decimal("5e-13")


def test_what_a_sum_of_services_shows_is_told_by_the_service_that_moved(demo: Any) -> None:
    findings = demo.report["anomalies"]["findings"]
    sums = [finding for finding in findings if finding["level"] != "service"]
    told_by = next(finding for finding in sums if finding["parent_finding_id"])
    told = demo.tollgate("explain", told_by["finding_id"]).stdout
    assert f"Told by finding {told_by['parent_finding_id']}" in told
    assert "by cause" in told


def test_an_environment_that_is_new_as_a_whole_tells_its_services(demo: Any) -> None:
    findings = demo.report["anomalies"]["findings"]
    sums = [finding for finding in findings if finding["level"] != "service"]
    (apart,) = [finding for finding in sums if not finding["parent_finding_id"]]
    assert apart["why"].startswith("New spend: Environment staging of AWS")
    told = {f["service_name"] for f in findings if f["parent_finding_id"] == apart["finding_id"]}
    assert len(told) > 1


def test_a_finding_is_explained_by_cause_resource_and_owner(demo: Any) -> None:
    finding = demo.report["anomalies"]["findings"][0]["finding_id"]
    done = demo.tollgate("explain", finding[:8], "--format", "json")
    body = json.loads(done.stdout)
    assert body["finding"]["finding_id"] == finding
    assert body["drivers"][0]["driver_rank"] == 1
    assert body["drivers"][0]["owner"]
    told = demo.tollgate("explain", finding).stdout
    for part in ("by cause", "by resource", "by owner", body["drivers"][0]["owner"]):
        assert part in told


def test_a_finding_that_is_not_there_is_refused_with_a_remedy(demo: Any) -> None:
    for name, what in (("0000000000000000", "no finding begins"), ("'; --", "is no finding_id")):
        done = demo.tollgate("explain", name)
        assert done.returncode == 2
        assert what in done.stderr
        assert "fct_findings" in done.stderr


def test_journal_of_the_demo_is_an_unbroken_chain(demo: Any) -> None:
    assert demo.tollgate("actions", "journal", "verify").returncode == 0


@pytest.mark.parametrize(("category", "basis"), [("Usage", "effective"), ("Purchase", "billed")])
def test_months_ahead_stand_beside_what_is_known_of_them(
    demo: Any, category: str, basis: str
) -> None:
    now, following = [
        row for row in demo.report["forecasts"]
        if (row["service_provider_name"], row["charge_category"]) == ("AWS", category)
    ]  # fmt: skip
    assert (now["cost_basis"].lower(), now["month"][:10], following["month"][:10]) == (
        *(basis, "2026-10-01", "2026-11-01"),
    )
    done = demo.tollgate(
        "query", "--format", "csv",
        f"select sum(case when charge_period_start < date '2026-10-01' then {basis}_cost end) "
        "as before, "
        f"sum(case when charge_period_start >= date '2026-10-01' then {basis}_cost end) as known "
        f"from focus.fct_focus_charges where charge_category = '{category}' "
        "and service_provider_name = 'AWS' and charge_period_start >= date '2026-09-01' "
        f"and charge_period_start < date '{now['cutoff'][:10]}' + 1",
    )  # fmt: skip
    (told,) = rows(done.stdout)
    assert Decimal(told["before"]) == Decimal(now["cost_before"])
    assert Decimal(told["known"]) == Decimal(now["known_cost"]) < Decimal(now["p50"])


def test_marts_hold_decisions_actions_and_forecasts_for_bi(demo: Any) -> None:
    for mart in (
        "fct_decisions", "fct_actions", "fct_forecasts", "fct_findings", "fct_anomaly_drivers",
        "fct_unit_costs", "fct_month_forecasts", "fct_purchase_forecasts",
        "fct_demand", "fct_capacity_forecasts", "fct_capacity_plans",
    ):  # fmt: skip
        done = demo.tollgate("query", "--format", "csv", f"select count(*) as n from marts.{mart}")
        assert int(rows(done.stdout)[0]["n"]) > 0, mart


def test_capacity_is_planned_within_guardrails_and_each_plan_is_decided(demo: Any) -> None:
    """A small demo has too few machines for some fleets: those that it has are looked at."""
    done = demo.tollgate(
        "query", "--format", "csv",
        "select target_name, plans.allow, min(units) as least, max(units) as most, "
        "count(decisions.decision_id) as decided, count(*) as steps "
        "from marts.fct_capacity_plans as plans "
        "left join marts.fct_decisions as decisions using (decision_id) group by 1, 2",
    )  # fmt: skip
    targets = tomllib.loads((demo.home / "capacity.toml").read_text())["targets"]
    planned = rows(done.stdout)
    assert planned
    for plan in planned:
        target = targets[plan["target_name"]]
        assert target["min_units"] <= int(plan["least"])
        assert int(plan["most"]) <= target["max_units"]
        assert plan["decided"] == plan["steps"]


def test_every_view_and_table_of_the_published_copy_can_be_read_by_any_client(demo: Any) -> None:
    with duckdb.connect(
        str(demo.home / "published" / "warehouse.duckdb"), read_only=True
    ) as client:
        relations = client.sql(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        assert ("focus", "focus_cost_and_usage") in relations
        for schema, name in relations:
            client.sql(f"select * from {schema}.{name} limit 1").fetchall()


def test_query_of_a_table_that_is_not_there_says_how_to_list_them(demo: Any) -> None:
    done = demo.tollgate("query", "select * from marts.costs")
    assert done.returncode == 2
    listing = done.stderr.split("The tables there are: ")[1]
    tables = demo.tollgate("query", "--format", "csv", " ".join(listing.split()))
    assert "marts,fct_daily_costs" in tables.stdout


def test_query_cannot_change_the_marts(demo: Any) -> None:
    done = demo.tollgate("query", "drop table marts.fct_daily_costs")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_demo_refuses_a_home_with_somebodys_own_bills(demo: Any, tmp_path: Path) -> None:
    sample = Path(__file__).parents[1] / "fixtures/billing/aws/cur_legacy_sbroenne_sample.csv"
    home = {"TOLLGATE_HOME": str(tmp_path)}
    declared = ["--set", "line_item_currency_code=USD"]
    declared += ["--set", "bill_billing_period_start_date=2025-01-01"]
    assert demo.tollgate("ingest", str(sample), *declared, env=home).returncode == 0
    done = demo.tollgate("demo", env=home)
    assert done.returncode == 2
    assert "set TOLLGATE_HOME to another folder" in done.stderr


def test_doctor_finds_a_finished_demo_healthy(demo: Any) -> None:
    done = demo.tollgate("doctor")
    assert done.returncode == 0, done.stdout


def test_shell_of_the_demo_has_the_companys_aws_and_no_other(demo: Any) -> None:
    commands = """
tollgate actions plan --as ana
plan=$(tollgate actions list --format csv | grep ,planned, | head -1 | cut -d , -f 1)
tollgate actions approve "$plan" --as ben
tollgate actions apply "$plan" --execute
tollgate actions undo "$plan" --execute
echo "AWS is $AWS_ENDPOINT_URL, profile is $AWS_PROFILE."
(exit 7)
echo not reached
"""
    elsewhere = {"AWS_PROFILE": "own", "AWS_ENDPOINT_URL_EC2": "https://ec2.example.com"}
    done = demo.tollgate("demo", "--shell", env=elsewhere, given=commands)
    assert done.returncode == 7, done.stdout + done.stderr
    for said in ("Plan: ", "Apply: 1 applied (run-", "Undo: 1 undone (run-"):
        assert said in done.stdout
    assert "could not" not in done.stdout
    assert "AWS is http://127.0.0.1:" in done.stdout
    assert "profile is ." in done.stdout
    assert "not reached" not in done.stdout


def test_planning_without_credentials_says_so_once_and_what_to_do(demo: Any) -> None:
    nobody = {
        "AWS_ACCESS_KEY_ID": "", "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    done = demo.tollgate("actions", "plan", env=nobody)
    assert done.returncode == 2
    assert done.stdout.count("there are no AWS credentials here: set AWS_PROFILE") == 1
    assert "tollgate demo --shell" in done.stderr


def test_libraries_make_no_remarks_between_the_lines(demo: Any) -> None:
    assert "INFO" not in demo.remarks
    assert "subsetted" not in demo.remarks
