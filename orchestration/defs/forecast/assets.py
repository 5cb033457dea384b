"""Forecasts with intervals, and the back-tests that they are held to."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from orchestration.analytics.forecasting import HORIZONS, backtest, forecast_with_totals
from orchestration.analytics.plots import forecast_picture
from orchestration.analytics.series import FORECAST_KEYS, build_series
from orchestration.defs.detect.arrivals import complete_days
from orchestration.defs.groups import FORECAST
from orchestration.defs.pictures import markdown_image
from orchestration.resources import Tollgate

_DAILY = """
select charge_date, service_provider_name, charge_category, billing_currency,
       sum(effective_cost) as effective_cost
from marts.fct_daily_costs
group by 1, 2, 3, 4
"""
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
    "forecast_backtests": (
        "Every model against what came true at rolling origins: error, bias, and how often "
        "the intervals held, beside seasonal naive."
    ),
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
            deps=[["marts", "fct_daily_costs"]],
            group_name=FORECAST,
            kinds={"python"},
        )
        for name, description in _MADE.items()
    ],
)
def forecasts(tollgate: Tollgate) -> Iterator[dg.MaterializeResult[None]]:
    """Forecasts what is usage; purchases and fees follow schedules, not curves."""
    warehouse = tollgate.warehouse()
    today = tollgate.settings.now().date()
    series = build_series(
        warehouse.query(_DAILY), complete_days(warehouse, today), keys=FORECAST_KEYS
    )
    if series.empty:
        for name in ("forecasts", "forecast_totals", "forecast_backtests"):
            yield dg.MaterializeResult(
                asset_key=["platform", name], metadata={"note": "no usage yet"}
            )
        return
    currency = dict(zip(series["series_id"], series["billing_currency"], strict=True))
    predicted, totals = forecast_with_totals(series, currency)
    rows = as_rows(predicted, series, today)
    warehouse.replace_rows("platform.forecasts", rows)
    totals = totals.rename(columns={"total_id": "billing_currency"}).assign(as_of=today)
    warehouse.replace_rows("platform.forecast_totals", totals)
    pictures = [
        markdown_image(forecast_picture(name, series, rows), str(name))
        for name in sorted(set(rows["series_id"]))[:PICTURES]
    ]
    yield dg.MaterializeResult(
        asset_key=["platform", "forecasts"],
        metadata={
            "dagster/row_count": len(rows),
            "pictures": dg.MetadataValue.md("\n\n".join(pictures)),
        },
    )
    yield dg.MaterializeResult(
        asset_key=["platform", "forecast_totals"], metadata={"dagster/row_count": len(totals)}
    )
    tested = backtest(series)
    warehouse.replace_rows("platform.forecast_backtests", tested)
    yield dg.MaterializeResult(
        asset_key=["platform", "forecast_backtests"],
        metadata={"dagster/row_count": len(tested)},
    )


def as_rows(predicted: pd.DataFrame, series: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows of `platform.forecasts`: a day belongs to the shortest horizon that reaches it."""
    keys = series[["series_id", *FORECAST_KEYS]].drop_duplicates("series_id")
    last = series.groupby("series_id")["ds"].max().rename("last").reset_index()
    rows = predicted.merge(keys, on="series_id").merge(last, on="series_id")
    ahead = (rows["ds"] - rows["last"]).dt.days
    rows["horizon_days"] = pd.cut(ahead, [0, *HORIZONS], labels=list(HORIZONS)).astype(int)
    rows["as_of"] = as_of
    return rows.drop(columns=["last"])
