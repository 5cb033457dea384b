"""When things run: schedules for people, conditions for data, sensors for approvals and failures.

Declared here and tested by evaluating their ticks; what they start is declared in `defs/`.
"""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import requests

from actions.approvals import approvals_after
from orchestration.defs import groups
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import read_exports
from orchestration.ingest.watching import fingerprints
from orchestration.partitions import BILLING_MONTHS, period_range_tags
from orchestration.resources import Tollgate

# Bills of the month before are restated well into the next one; older months are closed.
RESTATED_MONTHS = 1

# `execute` lets an approval start a run that changes the cloud; anything else is a dry run.
ACTIONS_VARIABLE = "TOLLGATE_ACTIONS"

# Conforming the past again is a dbt build of its own: once a month is enough.
_EVERYTHING = dg.AssetSelection.all() - dg.AssetSelection.assets(["platform", "replayed_costs"])
_DETECTION = dg.AssetSelection.groups(groups.DETECT)
_REMEDIATION = dg.AssetSelection.groups(groups.PROPOSE, groups.DECIDE)
_ACTIONS = dg.AssetSelection.groups(groups.ACT, groups.PUBLISH)

EVERYTHING = dg.define_asset_job(
    "everything",
    selection=_EVERYTHING,
    description="From the bill to the decided action: every asset and every check.",
)
CLOSE = dg.define_asset_job(
    "close_month",
    selection=dg.AssetSelection.all(),
    description="Everything, and what months held whose landed version no build has seen.",
)
DETECTION = dg.define_asset_job(
    "detection", selection=_DETECTION, description="Findings, on the marts as they are."
)
REMEDIATION_PLAN = dg.define_asset_job(
    "remediation_plan",
    selection=_REMEDIATION,
    description="Proposals, planned and decided; nothing is changed in any cloud.",
)
APPROVED_ACTIONS = dg.define_asset_job(
    "approved_actions",
    selection=_ACTIONS,
    description="Approved plans through the executor; a dry run unless configured otherwise.",
)


def jobs() -> Sequence[Any]:
    """All jobs."""
    return [EVERYTHING, CLOSE, DETECTION, REMEDIATION_PLAN, APPROVED_ACTIONS]


def months_still_moving(now: datetime) -> tuple[str, str]:
    """The first and the last billing month ('YYYY-MM') that a provider may still change."""
    month = now.astimezone(UTC).replace(day=1)
    first = month
    for _ in range(RESTATED_MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
    return first.strftime("%Y-%m"), month.strftime("%Y-%m")


@dg.schedule(
    job=EVERYTHING,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    description="02:00 UTC: ingest the open and the previous month again, and all that follows.",
)
def daily_ingest(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run for both months, since both are restated."""
    first, last = months_still_moving(context.scheduled_execution_time)
    return dg.RunRequest(
        run_key=f"daily-{last}-{context.scheduled_execution_time:%d}",
        tags=period_range_tags(first, last),
    )


@dg.schedule(
    job=CLOSE,
    cron_schedule="0 4 6 * *",
    execution_timezone="UTC",
    description="On the 6th, when providers have closed the month before: land it once more.",
)
def month_close(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The closed month alone; its checks block what would follow from a wrong bill."""
    closed, _ = months_still_moving(context.scheduled_execution_time)
    return dg.RunRequest(run_key=f"close-{closed}", tags=period_range_tags(closed, closed))


def schedules() -> Sequence[dg.ScheduleDefinition]:
    """All schedules."""
    return [
        daily_ingest,
        dg.ScheduleDefinition(
            name="hourly_detection",
            job=DETECTION,
            cron_schedule="15 * * * *",
            execution_timezone="UTC",
            description="Findings every hour, of the series that have changed in the marts.",
        ),
        dg.ScheduleDefinition(
            name="weekly_remediation_plan",
            job=REMEDIATION_PLAN,
            cron_schedule="0 7 * * 1",
            execution_timezone="UTC",
            description="Monday 07:00 UTC: propose, plan and decide; nothing is applied.",
        ),
        month_close,
    ]


@dg.sensor(
    job=APPROVED_ACTIONS,
    minimum_interval_seconds=60,
    description="Starts the executor when somebody has approved a plan.",
)
def approvals(context: dg.SensorEvaluationContext, tollgate: Tollgate) -> dg.SensorResult:
    """One run per batch of approvals; the cursor is the newest approval seen."""
    store = tollgate.store()
    try:
        new = approvals_after(store, context.cursor)
    finally:
        store.dispose()
    if not new:
        return dg.SensorResult(skip_reason="no new approval")
    newest = new[-1]
    mode = "EXECUTE" if os.environ.get(ACTIONS_VARIABLE) == "execute" else "DRY_RUN"
    config = {"ops": {"platform__action_events": {"config": {"mode": mode}}}}
    request = dg.RunRequest(run_key=f"approval-{newest.approval_id}", run_config=config)
    return dg.SensorResult(run_requests=[request], cursor=newest.cursor)


@dg.sensor(
    job=EVERYTHING,
    minimum_interval_seconds=3600,
    description="Ingests the months in which a declared export has new files, within the hour.",
)
def new_bills(context: dg.SensorEvaluationContext, tollgate: Tollgate) -> dg.SensorResult:
    """One run over the months that changed; the cursor is what each export held.

    An export that cannot be read keeps what it held, and is asked again with the next tick.
    """
    held: dict[str, dict[str, str]] = json.loads(context.cursor or "{}")
    months: set[str] = set()
    for export in read_exports(tollgate.settings.exports_file):
        name = f"{export.feed}/{export.name}"
        try:
            now = dict(fingerprints(export))
        except IngestError as error:
            context.log.warning(f"{name}: {error}")
            continue
        before = held.get(name, {})
        months |= {month for month in now if now[month] != before.get(month)}
        held[name] = now
    cursor = json.dumps(held, sort_keys=True)
    if not months:
        return dg.SensorResult(skip_reason="no new files", cursor=cursor)
    # Files that no folder puts into a month may be of any: a run that names none takes all.
    known = months <= set(BILLING_MONTHS.get_partition_keys())
    tags = period_range_tags(min(months), max(months)) if known else {}
    # What a run that fails has not landed is no news to the next tick.
    request = dg.RunRequest(tags={**tags, "dagster/max_retries": "2"})
    return dg.SensorResult(run_requests=[request], cursor=cursor)


@dg.run_failure_sensor(
    minimum_interval_seconds=30,
    description="Tells TOLLGATE_WEBHOOK_URL, where it is set, which run failed and why.",
)
def failures(context: dg.RunFailureSensorContext) -> None:
    """A failed run is news: without a webhook it is in the UI and in Dagster's log only."""
    url = os.environ.get("TOLLGATE_WEBHOOK_URL")
    message = f"Tollgate run {context.dagster_run.run_id} of {context.dagster_run.job_name} failed"
    context.log.error(f"{message}: {context.failure_event.message}")
    if url:
        body = {"text": message, "error": context.failure_event.message}
        requests.post(url, json=body, timeout=10).raise_for_status()


def sensors() -> Sequence[dg.SensorDefinition]:
    """All sensors; marts and findings also follow their upstream by automation condition."""
    return [
        approvals,
        new_bills,
        failures,
        dg.AutomationConditionSensorDefinition(
            "data_conditions",
            target=dg.AssetSelection.all(),
            description="Starts what has an automation condition when its upstream has changed.",
        ),
    ]
