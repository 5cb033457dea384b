"""Charges follow the lake: landed partitions are replaced whole, and nothing else is touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.defs.transform.dbt import DbtFailedError
from tests.integration.dbt_builds import (
    CHARGES,
    CHARGES_AGAIN,
    ROOT,
    Installation,
    chosen,
    focus_bill,
    write_partition,
)

STATE = """
    select x_billing_period, charge_description, billed_cost, x_landing_id
    from focus.fct_focus_charges order by all
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("incremental")


@pytest.fixture
def installation(folder: Path) -> Installation:
    """Empty, at the same path for all tests."""
    return emptied(Installation(folder / "home"))


def emptied(installation: Installation) -> Installation:
    shutil.rmtree(installation.home, ignore_errors=True)
    return installation


def land(installation: Installation, period: str, landing_id: str, costs: dict[str, str]) -> None:
    total = str(sum(map(float, costs.values())))
    totals = [("billed_cost", "USD", total)] if costs else []
    write_partition(
        installation.lake, "focus", "beacon", period, landing_id=landing_id,
        rows=focus_bill(period, costs), totals=totals,
    )  # fmt: skip


def rows_of(installation: Installation, period: str) -> dict[str, str]:
    found = installation.rows(
        f"select charge_description, x_landing_id from focus.fct_focus_charges"
        f" where x_billing_period = '{period}'"
    )
    return dict(found)


def test_charges_follow_restatements_withdrawals_and_removals(installation: Installation) -> None:
    land(installation, "2026-01", "jan-1", {"a": "1.5", "b": "2"})
    land(installation, "2026-02", "feb-1", {"c": "3", "withdrawn": "4"})
    installation.build(*CHARGES)
    assert rows_of(installation, "2026-02") == {"c": "feb-1", "withdrawn": "feb-1"}

    untouched = installation.rows("select rowid, * from focus.fct_focus_charges order by 1")
    installation.build(*CHARGES_AGAIN)
    assert installation.rows("select rowid, * from focus.fct_focus_charges order by 1") == untouched

    # The closed month's file is changed behind the manifest's back: it must not even be read.
    folder = installation.lake / "focus/beacon/billing_period=2026-01"
    manifest = (folder / "manifest.json").read_text()
    land(installation, "2026-01", "jan-1", {"never read": "9"})
    (folder / "manifest.json").write_text(manifest)
    land(installation, "2026-02", "feb-2", {"c": "3", "late": "5"})
    installation.build(*CHARGES_AGAIN)
    assert rows_of(installation, "2026-02") == {"c": "feb-2", "late": "feb-2"}
    assert rows_of(installation, "2026-01") == {"a": "jan-1", "b": "jan-1"}

    land(installation, "2026-02", "feb-3", {})
    installation.build(*CHARGES_AGAIN)
    assert rows_of(installation, "2026-02") == {}
    assert rows_of(installation, "2026-01") == {"a": "jan-1", "b": "jan-1"}

    shutil.rmtree(folder)
    installation.build(*CHARGES_AGAIN)
    assert installation.rows("select count(*) from focus.fct_focus_charges") == [(0,)]


def test_a_killed_build_leaves_the_old_charges_and_the_same_command_finishes(
    installation: Installation,
) -> None:
    land_many(installation, "jan-2", copies=20_000)
    installation.build(*CHARGES)
    built_at_once = installation.rows(STATE)

    land_many(emptied(installation), "jan-1", copies=1)
    installation.build(*CHARGES)
    old = installation.rows(STATE)
    assert len(old) == 20

    land_many(installation, "jan-2", copies=20_000)
    kill_when(installation, "START sql incremental model focus.fct_focus_charges")
    assert installation.rows(STATE) == old

    installation.build(*CHARGES_AGAIN)
    assert installation.rows(STATE) == built_at_once


def land_many(installation: Installation, landing_id: str, copies: int) -> None:
    many = {f"charge {n}": "0.25" for n in range(20)}
    write_partition(
        installation.lake, "focus", "beacon", "2026-01", landing_id=landing_id,
        rows=focus_bill("2026-01", many, copies=copies),
        totals=[("billed_cost", "USD", str(5 * copies))],
    )  # fmt: skip


def kill_when(installation: Installation, seen: str) -> None:
    """Start a build and end it with SIGKILL as soon as its log says so."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "orchestration.defs.transform.dbt",
            "build",
            *chosen(*CHARGES_AGAIN),
        ],
        env=installation.dbt_environment | {"PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if seen in line:
            os.killpg(process.pid, signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL


def test_azure_exports_of_a_period_are_conformed_together(installation: Installation) -> None:
    line = (
        "select 'EA1' as billing_account_id, date '2026-01-05' as date, 'EUR' as billing_currency"
    )
    actual = f"{line}, 'Usage' as charge_type, 'OnDemand' as pricing_model, 7 as cost"
    purchase = f"{line}, 'Purchase' as charge_type, 'Reservation' as pricing_model, 30 as cost"
    covered = f"{line}, 'Usage' as charge_type, 'Reservation' as pricing_model, 1 as cost"
    write_partition(
        installation.lake, "azure_actual", "acme", "2026-01", landing_id="a1",
        rows=f"{actual} union all {purchase}", totals=[("cost", "EUR", "37")],
    )  # fmt: skip
    installation.build(*CHARGES)
    sums = "select sum(billed_cost), sum(effective_cost), count(*) from focus.fct_focus_charges"
    assert installation.rows(sums) == [(37, 37, 2)]

    write_partition(
        installation.lake, "azure_amortized", "spread", "2026-01", landing_id="m1",
        rows=f"{actual} union all {covered}", totals=[("cost", "EUR", "8")],
    )  # fmt: skip
    installation.build(*CHARGES_AGAIN)
    assert installation.rows(sums) == [(37, 8, 3)]

    shutil.rmtree(installation.lake / "azure_amortized/spread")
    installation.build(*CHARGES_AGAIN)
    assert installation.rows(sums) == [(37, 37, 2)]


def test_a_difference_to_the_landed_totals_fails_the_build(installation: Installation) -> None:
    bill = focus_bill("2026-01", {"a": "1"})
    totals = [("billed_cost", "USD", "1.000000000001")]
    write_partition(
        installation.lake, "focus", "beacon", "2026-01", landing_id="x", rows=bill, totals=totals
    )
    with pytest.raises(DbtFailedError, match="charges_equal_landed_totals"):
        installation.build(*CHARGES)


def test_savings_plan_usage_without_effective_cost_fails_the_build(
    installation: Installation,
) -> None:
    bill = """
        select
            '1' as bill_payer_account_id, 'USD' as line_item_currency_code,
            timestamp '2026-01-01' as bill_billing_period_start_date,
            timestamp '2026-01-02' as line_item_usage_start_date,
            'SavingsPlanCoveredUsage' as line_item_line_item_type,
            'arn:aws:savingsplans::1:savingsplan/a' as savings_plan_savings_plan_a_r_n,
            10 as line_item_unblended_cost
    """
    write_partition(
        installation.lake, "aws_cur2", "acme", "2026-01", landing_id="x", rows=bill,
        totals=[("unblended_cost", "USD", "10")],
    )  # fmt: skip
    with pytest.raises(DbtFailedError, match="savings_plan_usage_has_an_effective_cost"):
        installation.build(*CHARGES)


def test_only_what_is_conformed_again_is_held_against_the_rules_again(
    installation: Installation,
) -> None:
    table = "intermediate.int_control__broken_rules"

    def judged(change: str) -> dict[str, bool]:
        """The periods there are after a change and a build, and whether they were judged in it."""
        with duckdb.connect(str(installation.home / "warehouse.duckdb")) as connection:
            connection.execute(f"update {table} set example = 'judged before', {change}")
        models = ("fct_focus_charges", "int_control__broken_rules", "fct_focus_findings")
        installation.dbt("run", "--select", *models)
        return dict(installation.rows(f"select x_billing_period, example is null from {table}"))

    land(installation, "2026-01", "jan-1", {"a": "1"})
    land(installation, "2026-02", "feb-1", {"b": "2"})
    installation.dbt("build", "--select", "+fct_focus_findings", "--exclude-resource-type", "test")
    land(installation, "2026-02", "feb-2", {"b": "2", "late": "3"})
    assert judged("rows_found = 0") == {"2026-01": False, "2026-02": True}
    shutil.rmtree(installation.lake / "focus/beacon/billing_period=2026-02")
    assert judged("rows_found = 0") == {"2026-01": False}
    assert judged("definition = 'older rules'") == {"2026-01": True}
