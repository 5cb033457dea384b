"""The newest days of a bill are judged as its feed's history says they arrive, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd
import psycopg2
import pytest

from orchestration.analytics.detectors import detect
from orchestration.analytics.judged import newest_days, outcome
from orchestration.defs.detect.arrivals import arrivals, complete_days
from orchestration.ingest.postgres import postgres_dsn
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from tests.integration.postgres_server import postgres_database

TODAY = date(2026, 5, 1)
#: What a delivery shows of the day before, and of the one before that; later the whole.
ARRIVES = {1: "0.6", 2: "0.9"}
#: Its exports have been read for so long; Beacon is read for the first time.
READ_DAYS = 60
_TABLES = f"""
create schema marts;
create table marts.fct_daily_costs as
select charge_date, provider as service_provider_name, 'acct' as sub_account_id,
       'Compute' as service_name, 'Usage' as charge_category, 'USD' as billing_currency,
       cast(case when charge_date = date '{TODAY}' - 1 and provider = 'AWS' then 0.6 * 250
                 when charge_date = date '{TODAY}' - 2 and provider = 'AWS' then 0.9 * 100
                 else 100 end as numeric(38, 12)) as effective_cost
from (
  select cast(date '{TODAY}' - cast(n as integer) as date) as charge_date from {{days}}
) as days,
     (values ('AWS'), ('Beacon')) as providers (provider);
create table marts.fct_cost_arrivals as
select provider as service_provider_name, 'focus' as x_feed, export as x_export,
       'Compute' as service_name, 'USD' as billing_currency, charge_date,
       cast(charge_date + age as date) as seen_on, age as age_days,
       cast(100 * case age {" ".join(f"when {a} then {s}" for a, s in ARRIVES.items())} else 1 end
         as numeric(38, 12)) as effective_cost
from (
  select cast(date '{TODAY}' - cast(n as integer) as date) as charge_date, n from {{days}}
) as days,
     (values (1), (2), (3), (11)) as ages (age),
     (values ('AWS', 'a', 0), ('AWS', 'gone', 40), ('Beacon', 'b', 0))
       as exports (provider, export, from_n)
where n < {READ_DAYS} and n > from_n and charge_date + age <= date '{TODAY}'
  and (provider = 'AWS' or charge_date + age = date '{TODAY}');
"""


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home, request.param)
    if request.param == "duckdb":
        with duckdb.connect(str(settings.warehouse)) as file:
            file.execute(_TABLES.format(days="range(1, 121) as days (n)"))
        yield Warehouse(settings)
        return
    with postgres_database() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.items():
            patch.setenv(name, value)
        with psycopg2.connect(postgres_dsn()) as connection, connection.cursor() as cursor:
            cursor.execute(_TABLES.format(days="generate_series(1, 120) as days (n)"))
        connection.close()
        yield Warehouse(settings)


def judged(warehouse: Warehouse, provider: str) -> pd.DataFrame:
    daily = warehouse.query("select * from marts.fct_daily_costs")
    daily = daily.assign(level="service", member="(all)")
    series = arrivals(warehouse, daily, TODAY).judged(daily)
    return series[series["service_provider_name"] == provider].reset_index(drop=True)


def test_the_day_before_is_judged_once_its_feed_has_shown_how_it_arrives(
    warehouse: Warehouse,
) -> None:
    series = judged(warehouse, "AWS")
    assert series["share"].tail(3).tolist() == pytest.approx([1, 0.9, 0.6])
    assert series["y"].tail(3).tolist() == pytest.approx([100, 100, 250])
    flags = detect(series)
    yesterday = pd.Timestamp(TODAY - timedelta(days=1))
    assert flags[flags["flag"]]["ds"].tolist() == [yesterday], "and a late day before it is silent"


def test_a_feed_without_history_is_judged_without_its_newest_two_days(
    warehouse: Warehouse,
) -> None:
    series = judged(warehouse, "Beacon")
    assert series["ds"].max().date() == TODAY - timedelta(days=3)
    assert complete_days(warehouse, TODAY)["Beacon"] == TODAY - timedelta(days=3)


def test_the_newest_day_judged_and_how_sure_that_is_are_told(warehouse: Warehouse) -> None:
    series = judged(warehouse, "AWS")
    flags = detect(series).assign(planned=None)
    kept = outcome(series, flags).assign(service_provider_name="AWS", level="service")
    (row,) = newest_days(kept).to_dict("records")
    assert row["judged_through"] == TODAY - timedelta(days=1)
    assert row["arrived"] == pytest.approx(0.6)
    assert row["unsure"] == pytest.approx(0)
