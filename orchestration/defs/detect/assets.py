"""Findings: daily costs of the marts, through the detectors, explained, back to the warehouse."""

from datetime import date

import dagster as dg
import pandas as pd

from orchestration.analytics.detectors import detect
from orchestration.analytics.explain import explain_findings
from orchestration.analytics.findings import to_findings
from orchestration.analytics.plots import finding_picture
from orchestration.analytics.series import build_series, complete_through
from orchestration.defs.groups import DETECT
from orchestration.defs.pictures import markdown_image
from orchestration.resources import Tollgate
from orchestration.warehouse import Warehouse

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
DATA_THROUGH = """
select service_provider_name, max(charge_date) as data_through
from marts.fct_daily_costs where charge_category = 'Usage' group by 1
"""
# What moved inside a series; only the series that have a finding are read at this detail.
_DETAIL = """
select cast(charge_period_start as date) as charge_date, service_provider_name, sub_account_id,
       service_name, billing_currency, resource_id, x_usage_type as usage_type, region_id,
       sum(effective_cost) as effective_cost
from focus.fct_focus_charges
where charge_category = 'Usage' and service_name in ({names})
group by 1, 2, 3, 4, 5, 6, 7, 8
"""
PICTURES = 3


def detect_assets() -> list[dg.AssetsDefinition]:
    """The findings."""
    return [anomalies]


@dg.asset(
    key=["platform", "anomalies"],
    group_name=DETECT,
    kinds={"python", "numpy"},
    description=(
        "One row per incident: what a series cost, what it should have cost, since when, and "
        "which resources explain the difference to the cent."
    ),
    deps=[["marts", "fct_daily_costs"], ["focus", "fct_focus_charges"]],
    automation_condition=dg.AutomationCondition.eager(),
)
def anomalies(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Only days that are complete are judged: the newest days of a bill are still arriving."""
    warehouse = tollgate.warehouse()
    now = tollgate.settings.now()
    series = build_series(warehouse.query(_DAILY), complete_days(warehouse, now.date()))
    if series.empty:
        return dg.MaterializeResult(metadata={"dagster/row_count": 0, "note": "no usage yet"})
    flags = detect(series)
    found = to_findings(flags, series, as_of=now.date())
    if not found.empty:
        names = ", ".join(_quoted(name) for name in sorted(set(found["service_name"])))
        found = explain_findings(found, warehouse.query(_DETAIL.format(names=names)))
    warehouse.replace_rows("platform.anomalies", found)
    pictures = [
        markdown_image(finding_picture(row, series, flags), str(row["why"]))
        for row in found.head(PICTURES).to_dict("records")
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "series": series["series_id"].nunique(),
            "open": int((found["status"] == "open").sum()),
            "largest": dg.MetadataValue.md("\n\n".join(pictures)),
            "findings": dg.MetadataValue.md(_table(found)),
        }
    )


def complete_days(warehouse: Warehouse, today: date) -> dict[str, date]:
    """The last complete day of each provider's bill; a charge dated ahead completes nothing."""
    through = warehouse.query(DATA_THROUGH)
    days = pd.to_datetime(through["data_through"]).dt.date
    known = zip(through["service_provider_name"], days, strict=True)
    return complete_through({name: min(day, today) for name, day in known})


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _table(found: pd.DataFrame) -> str:
    lines = ["| first seen | status | kind | impact | why |", "|---|---|---|---:|---|"]
    lines += [
        f"| {row['first_seen']} | {row['status']} | {row['kind']} "
        f"| {row['impact_cost']:,.2f} {row['billing_currency']} | {row['why']} |"
        for row in found.to_dict("records")
    ]
    return "\n".join(lines)
