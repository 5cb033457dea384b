"""A forecast is kept when the next one replaces it, whatever dbt is asked to refresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from tests.integration.dbt_builds import Installation
from tests.integration.postgres_server import postgres_database

MODELS = (
    "--select", "stg_platform__forecasts", "int_forecasts__made", "stg_platform__forecast_totals",
    "int_forecasts__totals_made", "stg_platform__forecast_parts", "int_forecasts__parts_made",
    "stg_platform__forecast_months", "int_forecasts__months_made",
)  # fmt: skip


@pytest.fixture(params=["duckdb", "postgres"])
def installation(request: Any, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "duckdb":
        yield Installation(tmp_path)
        return
    with postgres_database() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.items():
            patch.setenv(name, value)
        yield Installation(tmp_path, server | {"TOLLGATE_ENGINE": "postgres"})


def forecast(as_of: date, cost: int) -> pd.DataFrame:
    """Three days ahead of the day before yesterday."""
    days = [as_of + timedelta(days=n) for n in (-1, 0, 1)]
    same = {
        "series_id": "AWS/USD", "service_provider_name": "AWS", "billing_currency": "USD",
        "as_of": as_of, "model": "median", "horizon_days": 30,
    } | dict.fromkeys(("p50", "p10", "p90", "p025", "p975"), Decimal(cost))  # fmt: skip
    return pd.DataFrame([same | {"ds": day} for day in days])


def test_each_origin_is_kept_as_it_was_and_once_a_day(installation: Installation) -> None:
    postgres = installation.dbt_environment["TOLLGATE_ENGINE"] == "postgres"
    warehouse = Warehouse(Settings(installation.home, "postgres" if postgres else "duckdb"))
    installation.dbt("run", *MODELS)
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    for as_of, cost, more in ((first, 10, ()), (second, 20, ()), (second, 21, ("--full-refresh",))):
        made = forecast(as_of, cost)
        warehouse.replace_rows("platform.forecasts", made)
        total = made.drop(columns=["series_id", "service_provider_name", "model", "horizon_days"])
        warehouse.replace_rows("platform.forecast_totals", total.assign(parts=1))
        part = made.drop(columns=["horizon_days"]).assign(level="service", member="EC2")
        warehouse.replace_rows("platform.forecast_parts", part)
        month = total.head(1).drop(columns=["ds"]).assign(service_provider_name="AWS")
        month = month.assign(charge_category="Usage", cost_basis="Effective", known_cost=cost)
        month = month.assign(month=date(2026, 3, 1), cutoff=as_of - timedelta(days=2))
        warehouse.replace_rows("platform.forecast_months", month)
        installation.dbt("run", *MODELS, *more)
    kept = warehouse.query(
        "select as_of, ds, cutoff, p50 from intermediate.int_forecasts__made order by as_of, ds"
    )
    days = pd.to_datetime(kept["as_of"]).dt.date
    assert days.tolist() == [first] * 3 + [second] * 3
    assert kept["p50"].tolist() == [Decimal(10)] * 3 + [Decimal(21)] * 3
    before = pd.to_datetime(kept["as_of"]) - pd.to_datetime(kept["cutoff"])
    assert set(before.dt.days) == {2}
    totals = warehouse.query(
        "select as_of, ds, p50, parts from intermediate.int_forecasts__totals_made order by 1, 2"
    )
    assert totals[["as_of", "ds", "p50"]].equals(kept[["as_of", "ds", "p50"]])
    parts = warehouse.query(
        "select as_of, ds, p50, member from intermediate.int_forecasts__parts_made order by 1, 2"
    )
    assert parts[["as_of", "ds", "p50"]].equals(kept[["as_of", "ds", "p50"]])
    months = warehouse.query("select as_of, p50 from intermediate.int_forecasts__months_made")
    assert sorted(months["p50"]) == [Decimal(10), Decimal(21)]
