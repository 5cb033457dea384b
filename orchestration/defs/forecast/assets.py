"""Forecasts with intervals, and the back-tests that they are held to."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg
import pandas as pd

from orchestration.analytics.forecasting import (
    HORIZONS,
    backtest,
    forecast_parts,
    forecast_with_totals,
    purchase_months,
    schedule,
)
from orchestration.analytics.planned import announced_costs
from orchestration.analytics.plots import forecast_picture
from orchestration.analytics.series import FORECAST_KEYS, PART_KEYS, build_series, series_ids
from orchestration.defs.detect.arrivals import complete_days
from orchestration.defs.detect.inputs import planned_events
from orchestration.defs.forecast.queries import DAILY, PARTS, PURCHASES
from orchestration.defs.groups import FORECAST
from orchestration.defs.pictures import markdown_image
from orchestration.resources import Tollgate

PICTURES = 4
_MADE = {
    "forecasts": (
        "Usage cost per provider and currency, 180 days ahead: median, 80 and 95 % "
        "intervals, and the model that earned its place in the back-test."
    ),
    "forecast_totals": (
        "What all providers together will cost, by currency: the sum of their forecasts, "
        "with intervals from the errors of that sum."
    ),
    "forecast_months": (
        "What the months ahead will have cost by their end, usage and purchases apart: what is "
        "known of them and what is to come; usage with intervals of the month."
    ),
    "forecast_purchases": (
        "Subscriptions and the fees of commitments, at the days on which they are due again."
    ),
    "forecast_parts": (
        "What each large service and account will cost: parts that add up to their provider's "
        "forecast, to the last decimal."
    ),
    "forecast_backtests": (
        "Every model against what came true at rolling origins: error, bias, and how often "
        "the intervals held, beside seasonal naive."
    ),
}
_READ = {
    "forecast_parts": [["intermediate", "int_forecasts__part_costs"]],
    "forecast_purchases": [["focus", "fct_focus_charges"]],
    "forecasts": [["seeds", "planned_events"]],
}


def forecast_assets() -> list[dg.AssetsDefinition]:
    """Forecasts and back-tests, made together from the same series."""
    return [forecasts]


@dg.multi_asset(
    name="forecasts",
    specs=[
        dg.AssetSpec(
            ["platform", name],
            description=description,
            deps=[["marts", "fct_daily_costs"], *_READ.get(name, [])],
            group_name=FORECAST,
            kinds={"python"},
        )
        for name, description in _MADE.items()
    ],
)
def forecasts(tollgate: Tollgate) -> Iterator[dg.MaterializeResult[None]]:
    """Forecasts usage from its past and purchases by their schedule."""
    warehouse = tollgate.warehouse()
    today = tollgate.settings.now().date()
    complete = complete_days(warehouse, today)
    daily = warehouse.query(DAILY)
    series = build_series(daily, complete, keys=FORECAST_KEYS)
    if series.empty:
        for name in _MADE:
            yield dg.MaterializeResult(
                asset_key=["platform", name], metadata={"note": "no usage yet"}
            )
        return

    def kept(name: str, rows: pd.DataFrame, **metadata: Any) -> dg.MaterializeResult[None]:
        warehouse.replace_rows(f"platform.{name}", rows)
        return dg.MaterializeResult(
            asset_key=["platform", name], metadata={"dagster/row_count": len(rows), **metadata}
        )

    keys = series[["series_id", *FORECAST_KEYS]].drop_duplicates("series_id")
    currency = dict(zip(keys["series_id"], keys["billing_currency"], strict=True))
    announced = announced_costs(keys, planned_events(warehouse), today)
    outlook = forecast_with_totals(series, currency, announced=announced)
    rows = as_rows(outlook.rows, series, today)
    pictures = [
        markdown_image(forecast_picture(name, series, rows), str(name))
        for name in sorted(set(rows["series_id"]))[:PICTURES]
    ]
    yield kept("forecasts", rows, pictures=dg.MetadataValue.md("\n\n".join(pictures)))
    totals = outlook.totals.rename(columns={"total_id": "billing_currency"})
    yield kept("forecast_totals", totals.assign(as_of=today))
    through = known_through(daily, complete)
    due = schedule(warehouse.query(PURCHASES), through)
    yield kept("forecast_purchases", due.assign(as_of=today))
    months = months_of(outlook.months.merge(keys, on="series_id"), daily, due, through)
    yield kept("forecast_months", months.assign(as_of=today))
    parts = parts_of(warehouse.query(PARTS), complete, outlook.rows)
    yield kept("forecast_parts", parts.assign(as_of=today))
    yield kept("forecast_backtests", backtest(series))


def known_through(daily: pd.DataFrame, complete: Mapping[str, date]) -> dict[str, date]:
    """The last known day of every provider: of one without usage, the others' earliest."""
    providers = dict.fromkeys(daily["service_provider_name"], min(complete.values()))
    return providers | dict(complete)


def months_of(
    usage: pd.DataFrame, daily: pd.DataFrame, due: pd.DataFrame, through: Mapping[str, date]
) -> pd.DataFrame:
    """Rows of `platform.forecast_months`: usage at effective cost, purchases as they are billed."""
    bought = purchase_months(daily[daily["charge_category"] == "Purchase"], due, through)
    both = [
        usage.drop(columns=["series_id"]).assign(charge_category="Usage", cost_basis="Effective"),
        bought.assign(charge_category="Purchase", cost_basis="Billed"),
    ]
    return pd.concat(both, ignore_index=True)


def parts_of(
    daily: pd.DataFrame, complete: Mapping[str, date], wholes: pd.DataFrame
) -> pd.DataFrame:
    """Rows of `platform.forecast_parts`: of each level, parts that add up to the `wholes`."""
    rows = []
    for _, costs in daily.groupby("level"):
        series = build_series(costs, complete, keys=PART_KEYS)
        keys = series[["series_id", *PART_KEYS]].drop_duplicates("series_id")
        whole_of = dict(zip(keys["series_id"], series_ids(keys[list(FORECAST_KEYS)]), strict=True))
        parts = forecast_parts(series, whole_of, wholes)
        rows.append(parts.merge(keys, on="series_id"))
    return pd.concat(rows, ignore_index=True)


def as_rows(predicted: pd.DataFrame, series: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows of `platform.forecasts`: a day belongs to the shortest horizon that reaches it."""
    keys = series[["series_id", *FORECAST_KEYS]].drop_duplicates("series_id")
    last = series.groupby("series_id")["ds"].max().rename("last").reset_index()
    rows = predicted.merge(keys, on="series_id").merge(last, on="series_id")
    ahead = (rows["ds"] - rows["last"]).dt.days
    rows["horizon_days"] = pd.cut(ahead, [0, *HORIZONS], labels=list(HORIZONS)).astype(int)
    rows["as_of"] = as_of
    return rows.drop(columns=["last"])
