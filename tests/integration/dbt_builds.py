"""dbt as Tollgate runs it, on a lake that a test writes partition by partition."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from orchestration.defs.transform.dbt import run_dbt
from orchestration.ingest.contract import META_COLUMNS
from orchestration.ingest.lake import ensure_contracts
from orchestration.ingest.registry import FEEDS
from orchestration.settings import load_settings

ROOT = Path(__file__).parents[2]
CHARGES = ("+fct_reconciliation",)
# What a change of the lake changes in them once they are built: the rest are views and seeds.
CHARGES_AGAIN = ("fct_focus_charges", "fct_reconciliation")


def chosen(*select: str) -> list[str]:
    """Options for a part of the project, and only those tests whose models are all in it."""
    return ["--select", *select, "--indirect-selection", "cautious"] if select else []


@dataclass(frozen=True)
class Installation:
    """One TOLLGATE_HOME with a lake, and the environment in which dbt builds it."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def dbt_environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "TOLLGATE_ENGINE": "duckdb",
            "TOLLGATE_HOME": str(self.home),
            **self.environment,
        }

    def dbt(self, *arguments: str) -> None:
        """A dbt command in this process, as Dagster's jobs run it; raises `DbtFailedError`."""
        self.home.mkdir(parents=True, exist_ok=True)
        ensure_contracts(self.lake)
        with patch.dict(os.environ, self.dbt_environment):
            run_dbt(load_settings(), *arguments)

    def build(self, *select: str) -> None:
        self.dbt("build", *chosen(*select))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def write_partition(
    lake: Path,
    feed: str,
    export: str,
    period: str,
    *,
    landing_id: str,
    rows: str,
    totals: Sequence[tuple[str, str, str]] = (),
) -> Path:
    """Write one landed partition as the landing would: `rows` is a select of some columns.

    `totals`: (measure, currency, amount), the control totals of its manifest.
    """
    folder = lake / feed / export / f"billing_period={period}"
    folder.mkdir(parents=True, exist_ok=True)
    meta = {
        "x_feed": feed, "x_export": export, "x_billing_period": period,
        "x_landing_id": landing_id, "x_source_file": "bill.csv",
    }  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute(f"create view given as {rows}")
        given = {row[0] for row in connection.execute("describe given").fetchall()}
        columns = []
        for column in (*FEEDS[feed].columns, *META_COLUMNS):
            value = "null"
            if column.name in given:
                value = column.name
            elif column.name in meta:
                value = f"'{meta[column.name]}'"
            elif column.name == "x_source_row_number":
                value = "row_number() over ()"
            columns.append(f'cast({value} as {FEEDS[feed].sql_type(column)}) as "{column.name}"')
        data = folder / "data.parquet"
        connection.execute(f"copy (select {', '.join(columns)} from given) to '{data}'")
        counted = connection.execute("select count(*) from given").fetchone()
    manifest = {
        "feed": feed, "export": export, "billing_period": period, "landing_id": landing_id,
        "rows": counted[0] if counted else 0, "landed_at": "2026-01-01T00:00:00Z",
        "data_through": f"{period}-01",
        "control_totals": [
            {"measure": measure, "currency": currency, "amount": amount}
            for measure, currency, amount in totals
        ],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def focus_bill(period: str, costs: Mapping[str, str], copies: int = 1) -> str:
    """A select of FOCUS charges of one month: description to cost, each so many times."""
    charges = ", ".join(f"('{name}', {cost})" for name, cost in costs.items()) or "('', 0)"
    return f"""
        select
            'acct' as billing_account_id, 'USD' as billing_currency, 'Usage' as charge_category,
            'Beacon' as service_provider_name, 'Beacon Logs' as service_name,
            timestamp '{period}-01' as billing_period_start,
            timestamp '{period}-01' as charge_period_start,
            charge.description as charge_description, charge.cost as billed_cost
        from (values {charges}) as charge (description, cost), range({copies})
        where {str(bool(costs)).lower()}
    """
