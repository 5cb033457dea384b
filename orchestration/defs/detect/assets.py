"""Findings: daily costs of the marts, through the detectors, explained, back to the warehouse."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from orchestration.analytics.judged import newest_days, planned_alarms
from orchestration.analytics.plots import finding_picture
from orchestration.analytics.sentences import place, words
from orchestration.defs.detect.detection import Detection, detect_changed
from orchestration.defs.groups import DETECT
from orchestration.defs.pictures import markdown_image
from orchestration.feedback import FEEDBACK, feedback_rows
from orchestration.resources import Tollgate

PICTURES = 3
_UPSTREAM = [
    ["marts", "fct_daily_costs"],
    ["marts", "fct_daily_tag_costs"],
    ["marts", "fct_cost_arrivals"],
    ["marts", "fct_billing_period_restatements"],
    ["intermediate", "int_ledger__reported_costs"],
    ["intermediate", "int_ledger__reported_states"],
    ["focus", "fct_focus_charges"],
    ["seeds", "planned_events"],
]


def detect_assets() -> list[dg.AssetsDefinition]:
    """The findings."""
    return [anomalies]


@dg.multi_asset(
    name="anomalies",
    specs=[
        dg.AssetSpec(
            ["platform", "anomalies"],
            description=(
                "One row per incident: what a series cost, what it should have cost, since when, "
                "and what drove it most."
            ),
            deps=_UPSTREAM,
            group_name=DETECT,
            kinds={"python", "numpy"},
            automation_condition=dg.AutomationCondition.eager(),
        ),
        dg.AssetSpec(
            ["platform", "anomaly_drivers"],
            description=(
                "Why: the change behind each finding by cause and resource, exact in every "
                "decimal, the largest first."
            ),
            deps=_UPSTREAM,
            group_name=DETECT,
            kinds={"python", "pandas"},
            automation_condition=dg.AutomationCondition.eager(),
        ),
        dg.AssetSpec(
            ["platform", "detector_feedback"],
            description="The last word of people on each finding, for the precision of detectors.",
            group_name=DETECT,
            kinds={"python"},
            automation_condition=dg.AutomationCondition.eager(),
        ),
        dg.AssetSpec(
            ["platform", "detection_budgets"],
            description=(
                "How many false alarms a series of each provider may have in a year: as tuned, "
                "or fewer where people called too many findings false."
            ),
            group_name=DETECT,
            kinds={"python"},
            automation_condition=dg.AutomationCondition.eager(),
        ),
        dg.AssetSpec(
            ["platform", "judged_series"],
            description=(
                "What each series was judged by, so that it is judged again only when its costs, "
                "the detectors, their budget, a planned event or the day have changed."
            ),
            deps=_UPSTREAM,
            group_name=DETECT,
            kinds={"python"},
            automation_condition=dg.AutomationCondition.eager(),
        ),
    ],
)
def anomalies(
    context: dg.AssetExecutionContext, tollgate: Tollgate
) -> Iterator[dg.MaterializeResult[None]]:
    """The newest days of a bill are still arriving: they are judged as they usually arrive."""
    warehouse = tollgate.warehouse()
    detection = detect_changed(warehouse, _feedback(tollgate), tollgate.settings.now().date())
    detection.keep(warehouse)
    found, judged = detection.findings, detection.judged
    folded, silenced = found["parent_finding_id"].notna(), found["suppressed_by"].notna()
    loud = found[~folded & ~silenced]
    yield dg.MaterializeResult(
        asset_key=["platform", "anomalies"],
        metadata={
            "dagster/row_count": len(found),
            "series": len(judged),
            "judged_now": detection.judged_now,
            "open": int((loud["status"] == "open").sum()),
            "folded": int(folded.sum()),
            "newest_days": dg.MetadataValue.md(_newest(judged)),
            "planned": dg.MetadataValue.json(planned_alarms(judged)),
            "suppressed": int(silenced.sum()),
            "largest": dg.MetadataValue.md(_pictures(detection, loud)),
            "findings": dg.MetadataValue.md(_table(loud)),
        },
    )
    yield dg.MaterializeResult(
        asset_key=["platform", "anomaly_drivers"],
        metadata={
            "dagster/row_count": len(detection.drivers),
            "first": dg.MetadataValue.md(_first(loud, detection.drivers)),
        },
    )
    yield dg.MaterializeResult(
        asset_key=["platform", "detector_feedback"], metadata={"words": len(detection.feedback)}
    )
    allowed = detection.budgets
    stricter = allowed[allowed["false_alarms"] < allowed["tuned_false_alarms"]]
    yield dg.MaterializeResult(
        asset_key=["platform", "detection_budgets"],
        metadata={
            "stricter": dg.MetadataValue.json(
                dict(zip(stricter["service_provider_name"], stricter["false_alarms"], strict=True))
            )
        },
    )
    told = f"{detection.judged_now} of {len(judged)} series judged, the others as before"
    context.log.info(told)
    yield dg.MaterializeResult(
        asset_key=["platform", "judged_series"],
        metadata={"dagster/row_count": len(judged), "judged": told},
    )


def _pictures(detection: Detection, loud: pd.DataFrame) -> str:
    """The largest findings of the series that were judged now: only their days are at hand."""
    drawn = loud[loud["series_id"].isin(detection.series["series_id"])].head(PICTURES)
    if drawn.empty:
        return "None of the findings is of a series that was judged now."
    return "\n\n".join(
        markdown_image(finding_picture(row, detection.series, detection.flags), str(row["why"]))
        for row in drawn.to_dict("records")
    )


def _feedback(tollgate: Tollgate) -> pd.DataFrame:
    store = tollgate.store()
    try:
        rows = feedback_rows(store)
    finally:
        store.dispose()
    return pd.DataFrame(rows, columns=[column.name for column in FEEDBACK.c])


def _newest(judged: pd.DataFrame) -> str:
    lines = [
        "| provider | judged through | of it has arrived | give or take |",
        "|---|---|---:|---:|",
    ]
    lines += [
        f"| {row['service_provider_name']} | {row['judged_through']} | {row['arrived']:.0%} "
        f"| {row['unsure']:.1%} |"
        for row in newest_days(judged).to_dict("records")
    ]
    return "\n".join(lines)


def _table(found: pd.DataFrame) -> str:
    lines = ["| first seen | status | kind | impact | why |", "|---|---|---|---:|---|"]
    lines += [
        f"| {row['first_seen']} | {row['status']} | {row['kind']} "
        f"| {row['impact_cost']:,.2f} {row['billing_currency']} | {row['why']} |"
        for row in found.to_dict("records")
    ]
    return "\n".join(lines)


def _first(found: pd.DataFrame, drivers: pd.DataFrame) -> str:
    """The first driver of each finding, the finding with the largest impact first."""
    first = drivers[drivers["driver_rank"] == 1].set_index("finding_id")
    rows = [first.loc[name] for name in found["finding_id"] if name in first.index]
    lines = ["| finding | driver | cause | change | of |", "|---|---|---|---:|---:|"]
    lines += [
        f"| {row.name} | {place(row)} | {words(row)} | {row['change_cost']:,.2f} "
        f"| {row['finding_change_cost']:,.2f} {row['billing_currency']} |"
        for row in rows
    ]
    return "\n".join(lines)
