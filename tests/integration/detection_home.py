"""A warehouse with bills of a few services, on either engine, whose charges a test may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import psycopg2

from orchestration.defs.detect.detection import Detection, detect_changed
from orchestration.feedback import FEEDBACK
from orchestration.ingest.postgres import postgres_dsn
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from tests.integration.dbt_builds import Installation

TODAY = date(2026, 5, 1)
DAYS = 120
SERVICES = ("Compute", "Storage", "Queue", "Search")
PROVIDERS = ("AWS", "Beacon")
_CHARGES = f"""
create schema if not exists marts;
create schema if not exists focus;
create table focus.fct_focus_charges as
select cast(date '{TODAY}' - cast(n as integer) as timestamp) as charge_period_start,
       provider as service_provider_name, 'payer' as billing_account_id,
       account as sub_account_id, service as service_name, 'any' as service_category,
       'USD' as billing_currency, 'Usage' as charge_category, cast(null as text) as charge_class,
       'Usage-Based' as charge_frequency, service || ' usage' as charge_description,
       cast(null as text) as commitment_discount_id,
       cast(null as text) as commitment_discount_status, 'Standard' as pricing_category,
       service || '-' || region as resource_id, 'hours' as x_usage_type, 'sku' as sku_id,
       region as region_id, 'h' as pricing_unit,
       case service when 'Search' then '{{{{"team": "find"}}}}' end as tags,
       cast(10 as numeric(38, 12)) as pricing_quantity,
       cast(50 + length(service) + n % 7 as numeric(38, 12)) as effective_cost,
       cast(50 + length(service) + n % 7 as numeric(38, 12)) as billed_cost
from {{days}},
     (values {", ".join(f"('{name}')" for name in SERVICES)}) as services (service),
     (values {", ".join(f"('{name}')" for name in PROVIDERS)}) as providers (provider),
     (values ('one'), ('two')) as accounts (account),
     (values ('east'), ('west')) as regions (region);
create schema if not exists intermediate;
create table intermediate.int_allocation__tag_dimensions as
select '{{{{"team": "find"}}}}' as tags, 'ana' as owner, cast(null as text) as product,
       cast(null as text) as environment;
create table marts.fct_cost_arrivals (
  service_provider_name text, x_feed text, x_export text, service_name text,
  billing_currency text, charge_date date, seen_on date, age_days integer,
  effective_cost numeric(38, 12)
);
create table marts.fct_billing_period_restatements (
  x_feed text, x_export text, x_billing_period text, version_number integer,
  billing_account_id text, sub_account_id text, billing_currency text, measure text,
  difference numeric(38, 12), received_at timestamp, is_of_closed_period boolean,
  finding_id text
);
create table intermediate.int_ledger__reported_states (
  state_id text, x_feed text, x_export text, x_billing_period text, reported_from timestamp,
  reported_until timestamp
);
create table intermediate.int_ledger__reported_costs (
  state_id text, x_feed text, x_export text, service_provider_name text, billing_account_id text,
  billing_currency text, charge_category text, service_name text, charge_date date,
  effective_cost numeric(38, 12)
);
"""
_DAILY = """
drop table if exists marts.fct_daily_costs;
create table marts.fct_daily_costs as
select cast(charge_period_start as date) as charge_date, service_provider_name,
       billing_account_id, sub_account_id, service_name, service_category, region_id,
       charge_category, billing_currency,
       cast(sum(effective_cost) as numeric(38, 12)) as effective_cost,
       cast(sum(billed_cost) as numeric(38, 12)) as billed_cost
from focus.fct_focus_charges group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
drop table if exists marts.fct_daily_tag_costs;
create table marts.fct_daily_tag_costs as
select cast(charge_period_start as date) as charge_date, service_provider_name,
       charge_category, billing_currency, 'owner' as dimension,
       case when tags is not null then 'ana' end as dimension_value,
       cast(sum(effective_cost) as numeric(38, 12)) as effective_cost
from focus.fct_focus_charges group by 1, 2, 3, 4, 5, 6;
"""


@dataclass
class DetectionHome:
    """The warehouse; `bill` changes its charges as a delivery would."""

    warehouse: Warehouse
    today: date = TODAY
    words: list[dict[str, object]] = field(default_factory=list)

    @classmethod
    def make(cls, home: Path, environment: Mapping[str, str]) -> DetectionHome:
        """Platform tables and the seed by dbt, the marts by hand."""
        Installation(home, environment).dbt(
            "build", "--select", "planned_events", "stg_platform__anomalies"
        )
        engine = environment.get("TOLLGATE_ENGINE", "duckdb")
        made = cls(Warehouse(Settings(home, "postgres" if engine == "postgres" else "duckdb")))
        ages = f"generate_series(1, {DAYS}) as days (n)"
        ages = ages if engine == "postgres" else f"range(1, {DAYS + 1}) as days (n)"
        made.execute(_CHARGES.format(days=ages))
        made.execute("delete from seeds.planned_events")
        made.bill("first")
        return made

    def execute(self, sql: str) -> None:
        """Statements, in one transaction on PostgreSQL."""
        if self.warehouse.settings.engine == "postgres":
            connection = psycopg2.connect(postgres_dsn())
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
            connection.close()
            return
        with duckdb.connect(str(self.warehouse.settings.warehouse)) as file:
            file.execute(sql)

    def bill(self, landing: str, change: str = "") -> None:
        """`change` the charges, and conform them as the landing of this name."""
        self.execute(
            f"{change};{_DAILY} delete from platform.conformed_landings; insert into "
            "platform.conformed_landings (x_feed, x_export, x_billing_period, x_landing_id, "
            f"definition) values ('focus', 'all', '2026-04', '{landing}', 'the same')"
        )

    def charged(self, service: str, ago: int, factor: float, provider: str = "AWS") -> str:
        """A change for `bill`: what a service of account one costs, so many days ago and since."""
        return (
            f"update focus.fct_focus_charges set effective_cost = effective_cost * {factor} "
            f"where service_name = '{service}' and sub_account_id = 'one' and "
            f"service_provider_name = '{provider}' and "
            f"charge_period_start >= timestamp '{self.today - timedelta(days=ago)}'"
        )

    def detect(self, *, everything: bool = False) -> Detection:
        """A detection, which is not kept; `everything`: nothing is known of an earlier one."""
        if everything:
            nothing = self.warehouse.query("select * from platform.judged_series where false")
            self.warehouse.replace_rows("platform.judged_series", nothing)
        words = pd.DataFrame(self.words, columns=[column.name for column in FEEDBACK.c])
        return detect_changed(self.warehouse, words, self.today)
