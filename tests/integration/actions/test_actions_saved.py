"""From an applied action to the bills of the weeks after it: what it really saved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.defs.remediate.assets import action_events
from orchestration.resources import Tollgate
from orchestration.settings import load_settings
from tests.integration.actions.cli import run
from tests.integration.dbt_builds import Installation, write_partition

FIRST, APPLIED = date(2026, 9, 1), date(2026, 10, 28)
NOW = datetime(2026, 12, 6, 12, tzinfo=UTC)


def lines(deleted: str, restored: str, snapshots: dict[str, str]) -> list[tuple[date, str, str]]:
    """Day, ARN and cost of two volumes at 1.40 a day, of their snapshots, of what stays."""

    def of(kind: str, name: str) -> str:
        return f"arn:aws:ec2:eu-west-1:123456789012:{kind}/{name}"

    found = []
    for day in (FIRST + timedelta(days=n) for n in range((NOW.date() - FIRST).days)):
        found.append((day, of("instance", "i-of-others"), "5"))
        if day <= APPLIED:
            found += [(day, of("volume", name), "1.4") for name in (deleted, restored)]
        if day >= APPLIED:
            found += [(day, of("snapshot", name), cost) for name, cost in snapshots.items()]
    return found


def bill(used: list[tuple[date, str, str]], month: str) -> str:
    values = ", ".join(f"(timestamp '{day}', '{arn}', {cost})" for day, arn, cost in used)
    return f"""
        select
            'acct' as billing_account_id, 'USD' as billing_currency, 'Usage' as charge_category,
            'AWS' as service_provider_name, 'Amazon Elastic Compute Cloud' as service_name,
            'Compute' as service_category, 'eu-west-1' as region_id, resource_id,
            'Standard' as pricing_category, cost as billed_cost, cost as effective_cost,
            timestamp '{month}-01' as billing_period_start, day as charge_period_start,
            day + interval '1 day' as charge_period_end, 'a line' as charge_description
        from (values {values}) as line (day, resource_id, cost)
    """


def test_what_an_action_saved_is_what_the_bill_says(home: Path, desk: Any) -> None:
    deleted, restored, tried = desk.volume(), desk.volume(), desk.volume()
    done, regretted = desk.ready(deleted, restored)
    assert desk.apply(done, regretted).ok
    assert desk.apply(*desk.ready(tried), execute=False).ok
    desk.clock.forward(days=20)
    assert desk.undo(regretted).ok
    kept = {
        desk.snapshots(v)[0]["SnapshotId"]: cost
        for v, cost in ((deleted, "0.5"), (restored, "0.5"))
    }
    used = lines(deleted, restored, kept)
    load_settings().clock_file.write_text(NOW.isoformat())
    installation = Installation(home)
    for month in ("2026-09", "2026-10", "2026-11", "2026-12"):
        rows = [line for line in used if f"{line[0]:%Y-%m}" == month]
        write_partition(
            installation.lake, "focus", "aws", month, landing_id=month, rows=bill(rows, month),
            totals=[("billed_cost", "USD", str(sum(Decimal(cost) for _, _, cost in rows)))],
        )  # fmt: skip
    marts = ("+fct_reconciliation", "+fct_savings_summary")
    installation.dbt("build", "--select", *marts, "--exclude-resource-types", "test")

    record = {"ops": {"platform__action_events": {"config": {"mode": "RECORD"}}}}
    published = dg.materialize(
        [action_events], resources={"tollgate": Tollgate()}, run_config=record
    )
    assert published.success
    installation.build("int_savings__daily_costs+")

    # 1.40 a day was 42 a month, of which the snapshot keeps 15.
    assert installation.rows(
        "select plan_id, horizon_days, outcome, before_days, before_monthly_cost,"
        " after_monthly_cost, kept_monthly_cost, actual_monthly_saving, actual_ratio, is_within"
        f" from marts.fct_savings order by plan_id = '{regretted}', horizon_days"
    ) == [
        *((done, days, "compared", 28, 42, 0, 15, 27, Decimal("0.675"), False) for days in (7, 30)),
        (regretted, 7, "compared", 28, 42, 0, 15, 27, Decimal("0.675"), False),
        (regretted, 30, "undone", 28, None, None, None, None, None, None),
    ]
    assert installation.rows(
        "select horizon_days, applied_actions, compared_actions, undone_actions,"
        " expected_monthly_saving, actual_monthly_saving, actual_ratio, actions_within"
        " from marts.fct_savings_summary order by 1"
    ) == [
        (7, 2, 2, 0, 80, 54, Decimal("0.675"), 0),
        (30, 2, 1, 1, 40, 27, Decimal("0.675"), 0),
    ]
    shown = run("show", regretted).output
    assert (
        "saved, by the bill:\n  7 days from 2026-10-29: 27.00 USD a month, 40.00 expected" in shown
    )
    assert "  30 days from 2026-10-29: no saving claimed: undone" in shown
