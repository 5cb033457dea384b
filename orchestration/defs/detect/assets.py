"""Findings: daily costs of the marts, through the detectors, explained, back to the warehouse."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from orchestration.analytics.explain import COLUMNS as DRIVER_COLUMNS
from orchestration.analytics.explain import explain_findings
from orchestration.analytics.feedback import by_detector, suppress
from orchestration.analytics.findings import to_findings
from orchestration.analytics.folding import fold
from orchestration.analytics.planned import read_calendar, set_aside
from orchestration.analytics.plots import finding_picture
from orchestration.analytics.recalibration import budgets, detect_within
from orchestration.analytics.sentences import place, with_drivers, words
from orchestration.defs.detect.arrivals import judged_series, newest_days
from orchestration.defs.detect.moved import moved_charges
from orchestration.defs.groups import DETECT
from orchestration.defs.pictures import markdown_image
from orchestration.feedback import FEEDBACK, feedback_rows
from orchestration.resources import Tollgate

# Detectors look back a year and a little; what is older is no news, and must not cost time.
HISTORY_DAYS = 450
_DAILY = f"""
select charge_date, service_provider_name, sub_account_id, service_name, charge_category,
       billing_currency, sum(effective_cost) as effective_cost
from marts.fct_daily_costs
join (
  select service_provider_name, max(charge_date) - {HISTORY_DAYS} as since
  from marts.fct_daily_costs where charge_category = 'Usage' group by 1
) as newest using (service_provider_name)
where charge_date > since
group by 1, 2, 3, 4, 5, 6
"""
_PLANNED = "select * from seeds.planned_events"
PICTURES = 3
_UPSTREAM = [
    ["marts", "fct_daily_costs"],
    ["marts", "fct_cost_arrivals"],
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
    ],
)
def anomalies(tollgate: Tollgate) -> Iterator[dg.MaterializeResult[None]]:
    """The newest days of a bill are still arriving: they are judged as they usually arrive."""
    warehouse = tollgate.warehouse()
    now = tollgate.settings.now()
    series = judged_series(warehouse, warehouse.query(_DAILY), now.date())
    events = read_calendar(_rows(warehouse.query(_PLANNED)))
    words = _feedback(tollgate)
    allowed = budgets(words, series, now.date())
    flags = set_aside(detect_within(series, allowed), series, events, now.date())
    found = to_findings(flags, series, as_of=now.date())
    drivers = pd.DataFrame(columns=DRIVER_COLUMNS)
    if not found.empty:
        drivers = explain_findings(found, warehouse.query(moved_charges(found)))
        found = with_drivers(found, drivers)
    found = suppress(fold(found, drivers), words)
    warehouse.replace_rows("platform.anomalies", found)
    warehouse.replace_rows("platform.anomaly_drivers", drivers)
    warehouse.replace_rows("platform.detector_feedback", by_detector(words))
    warehouse.replace_rows("platform.detection_budgets", allowed)
    folded, silenced = found["parent_finding_id"].notna(), found["suppressed_by"].notna()
    loud = found[~folded & ~silenced]
    pictures = [
        markdown_image(finding_picture(row, series, flags), str(row["why"]))
        for row in loud.head(PICTURES).to_dict("records")
    ]
    yield dg.MaterializeResult(
        asset_key=["platform", "anomalies"],
        metadata={
            "dagster/row_count": len(found),
            "series": series["series_id"].nunique(),
            "open": int((loud["status"] == "open").sum()),
            "folded": int(folded.sum()),
            "newest_days": dg.MetadataValue.md(_newest(series)),
            "planned": dg.MetadataValue.json(Counter(flags["planned"].dropna())),
            "suppressed": int(silenced.sum()),
            "largest": dg.MetadataValue.md("\n\n".join(pictures)),
            "findings": dg.MetadataValue.md(_table(loud)),
        },
    )
    yield dg.MaterializeResult(
        asset_key=["platform", "anomaly_drivers"],
        metadata={
            "dagster/row_count": len(drivers),
            "first": dg.MetadataValue.md(_first(loud, drivers)),
        },
    )
    yield dg.MaterializeResult(
        asset_key=["platform", "detector_feedback"], metadata={"words": len(words)}
    )
    stricter = allowed[allowed["false_alarms"] < allowed["tuned_false_alarms"]]
    yield dg.MaterializeResult(
        asset_key=["platform", "detection_budgets"],
        metadata={
            "stricter": dg.MetadataValue.json(
                dict(zip(stricter["service_provider_name"], stricter["false_alarms"], strict=True))
            )
        },
    )


def _feedback(tollgate: Tollgate) -> pd.DataFrame:
    store = tollgate.store()
    try:
        rows = feedback_rows(store)
    finally:
        store.dispose()
    return pd.DataFrame(rows, columns=[column.name for column in FEEDBACK.c])


def _rows(events: pd.DataFrame) -> list[dict[str, Any]]:
    """The calendar's entries, each with the columns that are filled."""
    rows = events.astype(object).to_dict("records")
    return [{str(k): v for k, v in row.items() if not pd.isna(v)} for row in rows]


def _newest(series: pd.DataFrame) -> str:
    lines = [
        "| provider | judged through | of it has arrived | give or take |",
        "|---|---|---:|---:|",
    ]
    lines += [
        f"| {row['service_provider_name']} | {row['judged_through']} | {row['arrived']:.0%} "
        f"| {row['unsure']:.1%} |"
        for row in newest_days(series).to_dict("records")
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
