"""The copy of the warehouse that BI tools read while the next build writes."""

import dagster as dg

from orchestration.defs.groups import PUBLISH
from orchestration.resources import Tollgate

_MARTS = (
    "findings", "anomaly_drivers", "finding_events", "detector_feedback", "detection_budgets",
    "forecasts", "forecast_accuracy", "forecast_outcomes", "forecast_totals", "forecast_parts",
    "budgets", "month_forecasts", "month_forecast_outcomes", "purchase_forecasts",
    "capacity_forecasts", "capacity_plans", "proposals", "decisions", "actions",
    "estimate_accuracy", "estimate_calibration",
)  # fmt: skip


def publish_assets() -> list[dg.AssetsDefinition]:
    """The published copy."""
    return [published_marts]


@dg.asset(
    key=["published", "marts"],
    group_name=PUBLISH,
    kinds={"duckdb"},
    description=(
        "A read-only copy of the warehouse, replaced atomically: BI tools and `tollgate query` "
        "read it while a build holds DuckDB's single write lock. PostgreSQL needs no copy."
    ),
    deps=[
        dg.AssetKey(["focus", "focus_cost_and_usage"]),
        dg.AssetKey(["marts", "fct_reconciliation"]),
        *(dg.AssetKey(["marts", f"fct_{mart}"]) for mart in _MARTS),
    ],
)
def published_marts(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Publish what the build has just finished."""
    path = tollgate.warehouse().publish()
    if path is None:
        return dg.MaterializeResult(metadata={"engine": tollgate.settings.engine})
    size = path.stat().st_size
    return dg.MaterializeResult(metadata={"path": dg.MetadataValue.path(path), "bytes": size})
