"""Forecasts with intervals, and the back-tests that they are held to."""

from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg
import pandas as pd

from orchestration.analytics.forecasting import (
    HORIZONS,
    backtest,
    forecast_parts,
    forecast_with_totals,
)
from orchestration.analytics.plots import forecast_picture
from orchestration.analytics.series import (
    FORECAST_KEYS,
    OTHERS,
    PART_KEYS,
    build_series,
    series_ids,
)
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
# Services and accounts of a provider that are forecast by name, the largest of the last quarter: a
# forecast of each of a thousand would say less than one of all that are small.
NAMED = 12
_PARTS = f"""
with costs as (select * from intermediate.int_forecasts__part_costs),
newest as (
    select service_provider_name, max(charge_date) - 91 as since from costs group by 1
),
ranked as (
    select level, member, service_provider_name, billing_currency,
           row_number() over (
               partition by level, service_provider_name, billing_currency
               order by sum(effective_cost) desc, member
           ) as place
    from costs inner join newest using (service_provider_name)
    where charge_category = 'Usage' and charge_date > since
    group by level, member, service_provider_name, billing_currency
)
select level, case when place <= {NAMED} then member else '{OTHERS}' end as member,
       service_provider_name, billing_currency, charge_category, charge_date,
       sum(effective_cost) as effective_cost
from costs left join ranked using (level, member, service_provider_name, billing_currency)
group by 1, 2, 3, 4, 5, 6
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
    "forecast_parts": (
        "What each large service and account will cost: parts that add up to their provider's "
        "forecast, to the last decimal."
    ),
    "forecast_backtests": (
        "Every model against what came true at rolling origins: error, bias, and how often "
        "the intervals held, beside seasonal naive."
    ),
}
_READ = {"forecast_parts": [["intermediate", "int_forecasts__part_costs"]]}


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
    """Forecasts what is usage; purchases and fees follow schedules, not curves."""
    warehouse = tollgate.warehouse()
    today = tollgate.settings.now().date()
    complete = complete_days(warehouse, today)
    series = build_series(warehouse.query(_DAILY), complete, keys=FORECAST_KEYS)
    if series.empty:
        for name in _MADE:
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
    parts = parts_of(warehouse.query(_PARTS), complete, predicted)
    warehouse.replace_rows("platform.forecast_parts", parts.assign(as_of=today))
    yield dg.MaterializeResult(
        asset_key=["platform", "forecast_parts"], metadata={"dagster/row_count": len(parts)}
    )
    tested = backtest(series)
    warehouse.replace_rows("platform.forecast_backtests", tested)
    yield dg.MaterializeResult(
        asset_key=["platform", "forecast_backtests"],
        metadata={"dagster/row_count": len(tested)},
    )


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
