"""The same project on DuckDB and on a real PostgreSQL, on the real sample bills."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg2
import pytest
from typer.testing import CliRunner

from orchestration.analytics.explain import explain_findings
from orchestration.analytics.series import LEVEL_KEYS
from orchestration.cli.app import app
from orchestration.defs.detect.moved import moved_charges
from orchestration.ingest.postgres import load_lake, postgres_dsn
from tests.integration.dbt_builds import Installation
from tests.integration.postgres_server import postgres_database

CHARGES = "select * from focus.fct_focus_charges order by x_charge_id"


@pytest.fixture(scope="module")
def postgres(
    duckdb_build: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with postgres_database() as server:
        load_lake(duckdb_build.lake, postgres_dsn(server))
        environment = server | {"TOLLGATE_ENGINE": "postgres", "TOLLGATE_DBT_UNIT_TESTS": "true"}
        yield Installation(duckdb_build.home, environment)


def select(installation: Installation, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    connection = psycopg2.connect(postgres_dsn(installation.environment))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [c.name for c in cursor.description or ()], cursor.fetchall()
    finally:
        connection.close()


def test_billed_cost_of_every_sample_equals_the_files_own_sum(duckdb_build: Installation) -> None:
    compared = duckdb_build.rows(
        "select x_feed, x_export, landed_amount, mart_amount, explained_amount"
        " from marts.fct_reconciliation where x_export not like 'golden-%'"
    )
    assert len(compared) >= 20
    # The one sample with a seller that sends its own invoice, of 7 USD.
    assert [row for row in compared if row[2] != row[3]] == [
        ("aws_cur2", "sample-split", Decimal("11.2272"), Decimal("4.2272"), Decimal(-7))
    ]


def test_rule_25_cur_2_tags_of_every_kind_stand_in_for_the_resources(
    duckdb_build: Installation,
) -> None:
    found = duckdb_build.rows(
        "select distinct x_source_row_number, tags from focus.fct_focus_charges"
        " where x_export = 'sample-split' and x_source_row_number in (1, 2) order by 1"
    )
    assert found == [
        (1, '{"cluster":"shop","env":"prod"}'),
        (2, '{"accountTag/env":"live","cluster":"shop","costCategory/unit":"retail"}'),
    ]


# Before another test builds here again: the gate reads what this one build left.
def test_the_gate_allows_our_own_project_as_it_is_built_here(
    duckdb_build: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artefacts = duckdb_build.home / "dbt_target"
    base = tmp_path / "base.json"
    manifest = json.loads((artefacts / "manifest.json").read_text())
    base.write_text(json.dumps(manifest))
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "gate"))
    asked = ["gate", "dbt", "--manifest", str(artefacts / "manifest.json"), "--format", "json"]

    allowed = CliRunner().invoke(app, [*asked, "--base", str(base)])
    assert allowed.exit_code == 0, allowed.output
    assert len(json.loads(allowed.output)["question"]["models"]) >= 25

    manifest["nodes"]["model.tollgate.fct_daily_costs"]["columns"]["gone"] = {"data_type": "text"}
    base.write_text(json.dumps(manifest))
    denied = CliRunner().invoke(app, [*asked, "--base", str(base)])
    assert denied.exit_code == 1
    (denial,) = json.loads(denied.output)["decision"]["denials"]
    assert denial["message"] == "Column gone is gone."

    unasked = CliRunner().invoke(app, ["gate", "dbt", "--manifest", str(tmp_path / "none.json")])
    assert unasked.exit_code == 2


def test_engines_agree_on_every_value_of_every_charge(
    duckdb_build: Installation, postgres: Installation
) -> None:
    postgres.build()
    names, there = select(postgres, CHARGES)
    here = duckdb_build.rows(f"select {', '.join(names)} from ({CHARGES}) order by x_charge_id")
    assert len(here) == len(there) > 2000
    differing = {
        (name, mine[position], theirs[position])
        for mine, theirs in zip(here, there, strict=True)
        for position, name in enumerate(names)
        if mine[position] != theirs[position]
    }
    assert differing == set()


def test_public_tables_and_columns_are_described_in_the_database_itself(
    duckdb_build: Installation, postgres: Installation
) -> None:
    columns = """
        select table_name, column_name, {comment} as said from {columns} as col
        where {schema} in ('focus', 'marts') order by 1, 2
    """
    here = duckdb_build.rows(
        columns.format(comment="comment", columns="duckdb_columns()", schema="schema_name")
    )
    _, there = select(postgres, columns.format(
        comment="col_description(to_regclass(table_schema || '.' || table_name), ordinal_position)",
        columns="information_schema.columns", schema="table_schema",
    ))  # fmt: skip
    assert len(here) > 900
    assert [row for row in here if not row[2]] == []
    assert sorted(here) == sorted(there)


def test_on_postgres_a_build_without_changes_rewrites_no_charge(postgres: Installation) -> None:
    models = ("fct_focus_charges", "int_control__broken_rules")
    plain = ("--exclude-resource-types", "test", "unit_test")
    postgres.dbt("build", "--select", *(f"+{model}" for model in models), *plain)
    versions = """
        select x_charge_id, xmin::text from focus.fct_focus_charges
        union all select x_export || x_billing_period || coalesce(rule_id, ''), xmin::text
        from intermediate.int_control__broken_rules order by 1, 2
    """
    before = select(postgres, versions)
    postgres.dbt("run", "--select", *models)
    assert select(postgres, versions) == before


def test_postgres_knows_the_size_of_each_table_as_soon_as_it_is_filled(
    postgres: Installation,
) -> None:
    unknown = """
        select relname from pg_class join pg_namespace on relnamespace = pg_namespace.oid
        where nspname = any (array['focus', 'intermediate', 'marts', 'seeds', 'raw'])
            and relkind = 'r' and reltuples < 0 and pg_relation_size(pg_class.oid) > 0
    """
    postgres.dbt(
        "build", "--select", "+fct_daily_costs", "--exclude-resource-types", "test", "unit_test"
    )
    assert select(postgres, unknown)[1] == []


def test_rule_30_split_rows_add_up_to_the_instances_they_replace(
    duckdb_build: Installation,
) -> None:
    split = duckdb_build.rows("""
        select resource_id, charge_period_start, sum(billed_cost), sum(effective_cost),
            sum(list_cost), sum(contracted_cost), sum(pricing_quantity),
            count(*) filter (where allocated_resource_id is null),
            sum(cast(allocated_method_details -> '$.Elements[0].AllocatedRatio' as decimal(38, 12)))
        from focus.fct_focus_charges where allocated_method_id like 'AWS%' group by all order by 1
    """)
    one = Decimal(1)
    assert [(row[0], *row[2:]) for row in split] == [
        ("i-0on1", *map(Decimal, ("0.1926", "0.1926", "0.214", "0.1926", "1")), 1, one),
        ("i-0sp1", *map(Decimal, ("0", "0.1404", "0.214", "0.1926", "1")), 1, one),
    ]


def test_kubernetes_workloads_are_focus_rows_beside_the_bill(duckdb_build: Installation) -> None:
    ((landed, billed, effective, idle, ratios),) = duckdb_build.rows("""
        select
            (select sum(total_cost) from staging.stg_kubernetes__allocations),
            sum(billed_cost), sum(effective_cost),
            count(*) filter (where allocated_resource_id is null),
            sum(cast(allocated_method_details -> '$.Elements[0].AllocatedRatio' as decimal(38, 12)))
        from marts.fct_kubernetes_charges
    """)
    assert (billed, effective) == (0, landed)
    ((nodes,),) = duckdb_build.rows(
        "select count(*) from (select distinct x_export, resource_id, charge_period_start"
        " from marts.fct_kubernetes_charges where effective_cost > 0)"
    )
    assert ratios == nodes and idle == 0
    united = "select count(*) from focus.fct_focus_charges where x_feed = 'kubernetes_opencost'"
    assert duckdb_build.rows(united) == [(0,)]


def test_rule_28_focus_1_0_gets_the_subcategory_of_its_services(
    duckdb_build: Installation,
) -> None:
    found = duckdb_build.rows("""
        select distinct service_category, service_subcategory from focus.fct_focus_charges
        where x_export = 'sample-aws-1-0' and service_name = 'Amazon Elastic Compute Cloud'
    """)
    assert found == [("Compute", "Virtual Machines")]


def test_the_view_for_outsiders_has_the_specifications_names(duckdb_build: Installation) -> None:
    ((total,),) = duckdb_build.rows('select sum("BilledCost") from focus.focus_cost_and_usage')
    assert isinstance(total, Decimal)
    columns = duckdb_build.rows(
        "select column_name from information_schema.columns"
        " where table_name = 'focus_cost_and_usage' and column_name not like 'x\\_%' escape '\\'"
    )
    assert len(columns) == 65
    assert {("ServiceProviderName",), ("SkuPriceId",), ("AllocatedTags",)} <= set(columns)


def test_engines_agree_on_what_moved_behind_a_finding(
    duckdb_build: Installation, postgres: Installation
) -> None:
    """A finding over every day of the largest series, so that both sides have charges."""
    series = duckdb_build.rows(
        "select service_provider_name, coalesce(sub_account_id, '(none)'), service_name, "
        "billing_currency, max(charge_date) from marts.fct_daily_costs "
        "where charge_category = 'Usage' group by 1, 2, 3, 4 "
        "order by count(distinct charge_date) desc, 1, 2, 3 limit 3"
    )
    # A build of the charges alone, as above, drops the views on what it replaced.
    postgres.dbt("run", "--select", "int_allocation__tag_dimensions")
    wide = ["(all)", "(all)"]
    (region,) = duckdb_build.rows(
        "select service_provider_name, billing_currency, region_id, max(charge_date) "
        "from marts.fct_daily_costs where charge_category = 'Usage' and region_id is not null "
        "group by 1, 2, 3 order by count(distinct charge_date) desc, 1, 3 limit 1"
    )
    name, account, _, currency, last = series[0]
    rows = [[*row[:4], "service", "(all)", row[4]] for row in series]
    rows += [
        [name, account, "(all)", currency, "account", "(all)", last],
        [name, *wide, currency, "provider", "(all)", last],
        [name, *wide, currency, "owner", "(none)", last],
        [region[0], *wide, region[1], "region", region[2], region[3]],
    ]
    found = pd.DataFrame(rows, columns=[*LEVEL_KEYS, "first_seen"])
    found = found.assign(
        finding_id=[f"f{n}" for n in range(len(found))], last_seen=found["first_seen"]
    )
    here, there = [], []
    for sql in moved_charges(found):
        names, some = select(postgres, sql)
        there += some
        here += duckdb_build.rows(sql)
    drivers = [
        explain_findings(found, pd.DataFrame(rows, columns=names, dtype=object))
        for rows in (here, there)
    ]
    moved = found[found["finding_id"].isin(drivers[0]["finding_id"])]
    assert {"service", "provider", "owner", "region"} <= set(moved["level"])
    assert {row[1] for row in here} > {0}
    assert len(drivers[0]) > 0
    assert drivers[0].to_dict("records") == drivers[1].to_dict("records")
