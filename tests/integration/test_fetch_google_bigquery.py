"""Bills fetched from BigQuery with Google's SDK are those that the same rows are as JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlfluff.core import Linter
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import land_export, read_exports
from orchestration.ingest.stores import read_address
from tests.fetching import fetch
from tests.integration.fake_bigquery import TOKEN, FakeBigQuery, Row, Schema, Table, fake_bigquery

GCP = Path(__file__).parents[1] / "fixtures" / "billing" / "gcp"
STANDARD = "gcp_billing_export_v1_00F3D8_28D652_3F036F"
DETAILED = "gcp_billing_export_resource_v1_0177BB_554433_X9Y8Z7"
#: Columns that say where a row came from.
_ORIGIN = "x_source_file, x_source_row_number, x_landing_id"

Run = Callable[..., str]


@pytest.fixture
def bigquery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBigQuery]:
    with fake_bigquery(monkeypatch, tmp_path) as fake:
        fake.tables[f"acme.billing.{STANDARD}"] = Table(standard_schema(), standard_rows())
        yield fake


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`tollgate ingest` into a home of that name; what it prints."""
    monkeypatch.setenv("COLUMNS", "200")

    def ingest(home: str, path: object, *options: str, code: int = 0) -> str:
        monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / home))
        result = CliRunner().invoke(app, ["ingest", str(path), *options])
        assert result.exit_code == code, result.output
        return result.output

    return ingest


def standard_schema() -> Schema:
    schema: Schema = json.loads((GCP / "billing_export_schema.json").read_text())
    return schema


def standard_rows() -> list[Row]:
    decoder, rows = json.JSONDecoder(), []
    for name in ("test_1_1_export.json", "test_9_3_export.json"):
        text = (GCP / name).read_text().strip()
        while text:
            row, end = decoder.raw_decode(text)
            rows.append(row)
            text = text[end:].lstrip()
    return rows


def detailed_rows() -> list[Row]:
    """Records, lists and scalars of the flattened sample, with more digits than a double has."""
    nested = ("service", "sku", "project", "location", "resource", "usage", "price", "invoice",
              "labels_1", "system_labels", "tags", "credits", "subscription")  # fmt: skip
    flat = ("billing_account_id", "usage_start_time", "usage_end_time", "export_time", "cost",
            "currency", "currency_conversion_rate", "cost_type", "cost_at_list")  # fmt: skip
    with (GCP / "detailed_export_synth_finops_agent.csv").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))[:20]
    rows = []
    for number, line in enumerate(found, start=1):
        row: Row = {name.removesuffix("_1"): json.loads(line[name] or "null") for name in nested}
        row |= {name: line[name] or None for name in flat}
        row["project"]["labels"] = json.loads(line["labels"])
        row["cost"] = f"{Decimal(line['cost']) + number * Decimal('1e-9')}"
        row["cost_at_list"] = f"{1234567890123456 + number}.123456789012"
        for credit in row["credits"]:
            credit["amount"] = f"-{number}.000000000{number:02}00000000000001"
        rows.append(row)
    return rows


def detailed_schema() -> Schema:
    def record(name: str, *fields: dict[str, Any], mode: str = "NULLABLE") -> dict[str, Any]:
        return {"name": name, "type": "RECORD", "mode": mode, "fields": list(fields)}

    def scalars(kind: str, *names: str) -> Schema:
        return [{"name": name, "type": kind, "mode": "NULLABLE"} for name in names]

    pairs, prices = scalars("STRING", "key", "value"), ("effective_price", "list_price")
    project = scalars("STRING", "id", "number", "name")
    tag = [*pairs, *scalars("BOOLEAN", "inherited"), *scalars("STRING", "namespace")]
    credit = [
        *scalars("STRING", "name", "full_name", "id", "type"),
        *scalars("BIGNUMERIC", "amount"),
    ]
    return [
        *scalars("STRING", "billing_account_id", "currency", "cost_type"),
        *scalars("TIMESTAMP", "usage_start_time", "usage_end_time", "export_time"),
        record("service", *scalars("STRING", "id", "description")),
        record("sku", *scalars("STRING", "id", "description")),
        record("project", *project, record("labels", *pairs, mode="REPEATED")),
        record("location", *scalars("STRING", "location", "country", "region", "zone")),
        record("resource", *scalars("STRING", "name", "global_name")),
        record("labels", *pairs, mode="REPEATED"),
        *scalars("JSON", "system_labels"),
        record("tags", *tag, mode="REPEATED"),
        record("usage", *scalars("FLOAT", "amount"), *scalars("STRING", "unit")),
        record("price", *scalars("FLOAT", *prices), *scalars("STRING", "unit")),
        *scalars("NUMERIC", "cost"),
        *scalars("BIGNUMERIC", "cost_at_list"),
        *scalars("FLOAT", "currency_conversion_rate"),
        record("credits", *credit, mode="REPEATED"),
        record("invoice", *scalars("STRING", "month", "publisher_type")),
        record("subscription", *scalars("STRING", "instance_id")),
    ]


def cut(row: Row, schema: Schema) -> Row:
    """The row with the fields of the schema and no others."""
    found = {}
    for kind in schema:
        value = row.get(kind["name"])
        if kind["type"] == "RECORD" and value is not None:
            fields = kind["fields"]
            repeated = kind["mode"] == "REPEATED"
            value = [cut(one, fields) for one in value] if repeated else cut(value, fields)
        found[kind["name"]] = value
    return found


def landed(home: Path, feeds: str = "gcp_*") -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return db.execute(
            f"SELECT * EXCLUDE ({_ORIGIN})"
            f" FROM read_parquet('{home}/lake/{feeds}/*/*/data.parquet', hive_partitioning = false)"
            " ORDER BY ALL"
        ).fetchall()


@pytest.mark.parametrize("table", [STANDARD, DETAILED])
def test_rows_of_bigquery_land_as_the_same_rows_of_json(
    table: str, bigquery: FakeBigQuery, run: Run, tmp_path: Path
) -> None:
    schema, rows = standard_schema(), standard_rows()
    if table == DETAILED:
        schema, rows = detailed_schema(), detailed_rows()
    rows = [cut(row, schema) for row in rows]
    bigquery.tables[f"acme.billing.{table}"] = Table(schema, rows)
    (tmp_path / "rows.json").write_text("\n".join(map(json.dumps, rows)))
    run("json", tmp_path / "rows.json")
    output = run("bigquery", f"bigquery://acme/billing/{table}")
    assert ("gcp_detailed" if table == DETAILED else "gcp_standard") in output
    expected = landed(tmp_path / "json")
    assert len(expected) == len(rows)
    assert landed(tmp_path / "bigquery") == expected


def test_a_table_of_focus_columns_lands_as_the_same_rows_of_csv(
    bigquery: FakeBigQuery, run: Run, tmp_path: Path
) -> None:
    sample = GCP.parent / "focus" / "focus_sample_1.0.csv"
    with sample.open(encoding="utf-8") as file:
        rows = [
            {name: None if value in ("", "NULL") else value for name, value in row.items()}
            for row in csv.DictReader(file)
        ]
    schema = [
        {"name": name, "type": "NUMERIC" if name.endswith(("Cost", "Price")) else "STRING"}
        | ({"type": "TIMESTAMP"} if name.endswith(("Start", "End")) else {})
        for name in rows[0]
    ]
    bigquery.tables["acme.billing.focus"] = Table(schema, rows, partitioned=False)
    run("csv", sample)
    assert "focus" in run("bigquery", "bigquery://acme/billing/focus")
    expected = landed(tmp_path / "csv", "focus")
    assert len(expected) == len(rows)
    assert landed(tmp_path / "bigquery", "focus") == expected
    for sql in {query["sql"] for query in bigquery.queries}:
        assert not Linter(dialect="bigquery").parse_string(sql).violations


def test_only_months_that_changed_are_downloaded_again(
    bigquery: FakeBigQuery, tmp_path: Path
) -> None:
    exports, lake = tmp_path / "exports.toml", tmp_path / "lake"
    exports.write_text(
        f'[[export]]\nfeed = "gcp_standard"\npath = "bigquery://acme/billing/{STANDARD}"\n'
    )
    (export,) = read_exports(exports)
    rows = bigquery.tables[f"acme.billing.{STANDARD}"].rows

    def land() -> tuple[list[str], list[str]]:
        bigquery.queries.clear()
        results = land_export(export, None, lake)
        return [result.status for result in results], bigquery.downloads

    assert land() == (["landed", "landed"], ["201901", "201903"])
    assert land() == (["unchanged", "unchanged"], [])
    # Rewritten in a table of one's own: as many rows, none of them exported later.
    rows[0] = {**rows[0], "cost": "70.00000001"}
    assert land() == (["restated", "unchanged"], ["201901"])
    of_march = next(row for row in rows if row["invoice"]["month"] == "201903")
    rows.append({**of_march, "export_time": "2019-05-02 00:00:00 UTC"})
    assert land() == (["unchanged", "restated"], ["201903"])
    bigquery.queries.clear()
    (march,) = land_export(export, ["2019-03"], tmp_path / "other")
    assert (march.billing_period, bigquery.downloads) == ("2019-03", ["201903"])


def test_rows_that_arrive_while_a_month_is_fetched_land_with_it(
    bigquery: FakeBigQuery, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = bigquery.tables[f"acme.billing.{STANDARD}"].rows
    # Exported later than any other, so into a partition that was not read.
    late = {**rows[0], "export_time": "2019-06-01 00:00:00 UTC", "cost": "0.125"}
    whole = bigquery.answer

    def arriving(query: dict[str, Any]) -> tuple[Schema, list[Row]]:
        found = whole(query)
        if "month" in query["bound"] and late not in rows:
            rows.append(late)
        return found

    monkeypatch.setattr(bigquery, "answer", arriving)
    output = run("late", f"bigquery://acme/billing/{STANDARD}")
    assert bigquery.downloads == ["201901", "201901", "201903"]
    assert len(landed(tmp_path / "late")) == len(rows)
    assert ".125" in output


def test_only_partitions_with_rows_of_the_month_are_read(
    bigquery: FakeBigQuery, run: Run, tmp_path: Path
) -> None:
    table = bigquery.tables[f"acme.billing.{STANDARD}"]
    run("parts", f"bigquery://acme/billing/{STANDARD}")
    bound = next(q["bound"] for q in bigquery.queries if q["bound"].get("month") == "201901")
    assert (bound["first_part"][:10], bound["last_part"][:10]) == ("2019-01-21", "2019-01-21")
    # Rows of the streaming buffer are in none, and a view has none: all of it is read.
    for table.buffered, table.partitioned in ((True, True), (False, False)):
        bigquery.queries.clear()
        run(f"{table.partitioned}", f"bigquery://acme/billing/{STANDARD}")
        assert all("first_part" not in query["bound"] for query in bigquery.queries)
        assert landed(tmp_path / f"{table.partitioned}") == landed(tmp_path / "parts")


def test_queries_are_sound_and_run_where_the_address_says(
    bigquery: FakeBigQuery, run: Run, tmp_path: Path
) -> None:
    run("billed", f"bigquery://acme/billing/{STANDARD}?billed_project=acme-finops")
    assert {(query["project"], query["location"]) for query in bigquery.queries} == {
        ("acme-finops", "EU")
    }
    for sql in {query["sql"] for query in bigquery.queries}:
        assert not Linter(dialect="bigquery").parse_string(sql).violations
    kept = [path for path in (tmp_path / "billed").rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("acme/billing/x`; DROP TABLE y", "is no name of BigQuery's"),
        ("acme/billing/a/b", "is no name of BigQuery's"),
        ("acme/billing", "is no name of BigQuery's"),
        ("acme/bill-ing/x", "is no name of BigQuery's"),
        ("ac`me/billing/x", "is no name of BigQuery's"),
        ("acme/billing/x?billed_project=a/b", "is no name of BigQuery's"),
        ("acme/billing/x?dry_run=1", "there is no option 'dry_run'"),
        ("acme/billing/gone", "answers 404 (Not found: Table acme.billing.gone)"),
        ("acme/billing/prices", "is no billing export with its own columns: it lacks billing_acc"),
        ("acme/billing/old", "has 1 rows of invoice month None, which is none. Ingest a view"),
    ],
)
def test_addresses_of_no_billing_table_are_refused(
    address: str, said: str, bigquery: FakeBigQuery, run: Run
) -> None:
    bigquery.tables["acme.billing.prices"] = Table([{"name": "cost", "type": "FLOAT"}], [])
    undated = {**standard_rows()[0], "invoice": {"month": None}}
    bigquery.tables["acme.billing.old"] = Table(standard_schema(), [undated])
    message = run("refused", f"bigquery://{address}", code=2)
    assert said in " ".join(message.split())
    assert not bigquery.downloads


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ((403, "accessDenied"), "need roles/bigquery.dataViewer on acme.billing and roles/bigq"),
        ((403, "responseTooLarge"), "Export the table to Cloud Storage as Parquet"),
        ((401, "authError"), "Sign in again. Run `gcloud auth application-default login`"),
    ],
)
def test_refusals_of_bigquery_say_the_remedy(
    refusal: tuple[int, str], said: str, bigquery: FakeBigQuery, run: Run
) -> None:
    bigquery.refusal = refusal
    message = " ".join(run("refused", f"bigquery://acme/billing/{STANDARD}", code=2).split())
    assert f"answers {refusal[0]} (refused: {refusal[1]})" in message
    assert said in message


def test_rows_that_never_arrive_are_missed(
    bigquery: FakeBigQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.integration.fake_bigquery.PAGE_ROWS", 2)
    whole = bigquery.answer

    def torn(query: dict[str, Any]) -> tuple[Schema, list[Row]]:
        schema, rows = whole(query)
        return (schema, Torn(rows)) if "month" in query["bound"] else (schema, rows)

    class Torn(list[Row]):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(index)[:1]

    monkeypatch.setattr(bigquery, "answer", torn)
    address = read_address(f"bigquery://acme/billing/{STANDARD}")
    assert address is not None
    with pytest.raises(IngestError, match=r"rows of 20190[13] arrived of \d+\. Try again"):
        fetch(address, tmp_path / "lake")
