"""Bills where Google writes them: `bigquery://project/dataset/table`, a file per invoice month.

The table is a standard or detailed usage cost export, a view of one that keeps its columns, or a
table or view of FOCUS columns, like Google's own.
Credentials are Google's own application default ones. Needed: roles/bigquery.dataViewer on the
dataset, and roles/bigquery.jobUser in the project that the queries run in: the table's own, or
`?billed_project=…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from typing import Any, BinaryIO

from orchestration.ingest.errors import IngestError
from orchestration.ingest.providers.google_errors import RETRY_SECONDS, explained
from orchestration.ingest.stores import Address, Interrupted, Remote

# What may stand between backticks: nothing that could end them.
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]*", re.ASCII)
_DATASET = re.compile(r"\w+", re.ASCII)
_TABLE = re.compile(r"[\w-]+", re.ASCII)
_MONTH = re.compile(r"(20\d\d)(0[1-9]|1[0-2])", re.ASCII)
# Rows of one answer: all of it becomes objects of Python's before it is written, and the more there
# are, the longer its garbage collector looks at them. Answers in one row group of the file.
_PAGE_ROWS, _GROUP_PAGES = 2_000, 25
_PARTS = ("first_part", "last_part")
_MONTHS = """
SELECT
  {month} AS month,
  COUNT(*) AS row_count{facts}{parts}
FROM `{table}`
GROUP BY 1
ORDER BY 1
"""


@dataclass(frozen=True)
class _Shape:
    """A kind of table: its columns, a row's month ('YYYYMM'), and what tells that one changed."""

    needed: frozenset[str]
    month: str
    facts: tuple[str, ...]


def _sum(column: str) -> str:
    # A sum of doubles depends on their order: of decimals it does not.
    return f"CAST(SUM(SAFE_CAST({column} AS BIGNUMERIC)) AS STRING)"


_EXPORT = _Shape(
    frozenset({"billing_account_id", "invoice", "export_time", "cost", "credits"}),
    "invoice.month",
    (
        "FORMAT_TIMESTAMP('%FT%H:%M:%E6SZ', MAX(export_time))",
        _sum("cost"),
        "CAST(SUM((SELECT SUM(SAFE_CAST(credit.amount AS BIGNUMERIC)) FROM UNNEST(credits)"
        " AS credit)) AS STRING)",
    ),
)
# A period starts at the issuer's midnight, half a day around UTC's.
_FOCUS = _Shape(
    frozenset({"BillingPeriodStart", "BilledCost", "EffectiveCost"}),
    "FORMAT_TIMESTAMP('%Y%m', TIMESTAMP_ADD(TIMESTAMP(BillingPeriodStart), INTERVAL 12 HOUR))",
    (_sum("BilledCost"), _sum("EffectiveCost")),
)


class BigQuery:
    """The invoice months of a billing table."""

    is_window = False

    def __init__(self, address: Address) -> None:
        from google.cloud import bigquery  # noqa: PLC0415 (fast --help)

        address.require_options("billed_project")
        self._address = address
        self._project, self._dataset, self._table = _names(address)
        billed = address.options.get("billed_project", self._project)
        _check(address, _PROJECT, billed)
        self._retry = bigquery.DEFAULT_RETRY.with_timeout(RETRY_SECONDS)
        self._billed = billed
        self._bounds: dict[str, list[Any]] = {}
        with self._explained():
            self._client = bigquery.Client(project=billed)
            known = self._client.get_table(self._name, retry=self._retry)
        columns = {field.name for field in known.schema}
        shape = next((one for one in (_EXPORT, _FOCUS) if columns >= one.needed), None)
        if shape is None:
            raise IngestError(
                f"{address} is no billing export with its own columns: it lacks"
                f" {', '.join(sorted(_EXPORT.needed - columns))}. Name the table of a standard or"
                " detailed export, gcp_billing_export_v1_… or gcp_billing_export_resource_v1_…, or"
                " a table or view of FOCUS columns."
            )
        self._shape = shape
        self._location = known.location
        parted = known.time_partitioning
        self._partition = (parted.field or "_PARTITIONTIME") if parted else None

    def contents(self) -> Iterator[Remote]:
        """A Parquet file per invoice month: `2026-09/<table>.parquet`.

        Google adds rows and says when, and a table or view of one's own may change in any way: the
        version counts the rows, and has the exact sums of their costs and the newest export.
        """
        shape = self._shape
        facts = "".join(f",\n  {sql} AS fact_{at}" for at, sql in enumerate(shape.facts))
        sql = _MONTHS.format(month=shape.month, facts=facts, parts=self._parts(), table=self._name)
        with self._explained():
            months = self._rows(sql)
            kinds = {field.name: field.field_type for field in months.schema}
            for row in months:
                key = f"{self._month(row)}/{self._table}.parquet"
                if self._partition and row.first_part is not None:
                    self._bounds[key] = [(name, kinds[name], row[name]) for name in _PARTS]
                else:
                    self._bounds.pop(key, None)
                found = (row[f"fact_{at}"] for at in range(len(shape.facts)))
                yield Remote(key, " ".join(map(str, (row.row_count, *found))))

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Write the rows of an invoice month as Parquet, page by page.

        Only the partitions are read that had rows of the month when it was listed: where others
        have since got some, its version is another one.
        """
        import pyarrow as pa  # noqa: PLC0415 (fast --help)
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

        sql = f"SELECT * FROM `{self._name}` WHERE {self._shape.month} = @month"
        month = remote.key.partition("/")[0].replace("-", "")
        bound = [("month", "STRING", month), *self._bounds.get(remote.key, ())]
        if len(bound) > 1:
            sql += f" AND `{self._partition}` BETWEEN @first_part AND @last_part"
        with self._explained():
            rows = self._rows(sql, bound)
            pages = (_batch(page.raw_page.get("rows", ()), rows.schema) for page in rows.pages)
            first, written = next(pages), 0
            with ParquetWriter(target, first.schema) as file:
                every = chain([first], pages)
                while group := list(islice(every, _GROUP_PAGES)):
                    table = pa.Table.from_batches(group)
                    file.write_table(table)
                    written += table.num_rows
        if not written or written != rows.total_rows:
            raise Interrupted(
                f"{self._address}: {written} rows of {month} arrived of {rows.total_rows}."
                " Try again."
            )

    @property
    def _name(self) -> str:
        return f"{self._project}.{self._dataset}.{self._table}"

    def _parts(self) -> str:
        """SQL of the partitions that have rows of a month; no first where a row is in none yet."""
        if self._partition is None:
            return ""
        column = f"`{self._partition}`"
        return (
            f",\n  IF(COUNTIF({column} IS NULL) = 0, MIN({column}), NULL) AS first_part,"
            f"\n  MAX({column}) AS last_part"
        )

    def _rows(self, sql: str, bound: Any = ()) -> Any:
        """The result of a query, in pages; values are bound as (name, type, value)."""
        from google.cloud import bigquery  # noqa: PLC0415 (fast --help)

        config = bigquery.QueryJobConfig(
            query_parameters=[bigquery.ScalarQueryParameter(*value) for value in bound]
        )
        job = self._client.query(sql, config, location=self._location, retry=self._retry)
        return job.result(page_size=_PAGE_ROWS, retry=self._retry)

    def _month(self, row: Any) -> str:
        month = _MONTH.fullmatch(row.month or "")
        if month is None:
            raise IngestError(
                f"{self._address} has {row.row_count} rows of invoice month {row.month!r}, which is"
                " none. Ingest a view that leaves them out."
            )
        return f"{month[1]}-{month[2]}"

    def _explained(self) -> AbstractContextManager[None]:
        return explained(
            self._address,
            "BigQuery",
            missing="There is no such table: check project, dataset and table.",
            needs=(
                f"The credentials need roles/bigquery.dataViewer on {self._project}.{self._dataset}"
                f" and roles/bigquery.jobUser in {self._billed}."
            ),
        )


def _names(address: Address) -> tuple[str, str, str]:
    """Project, dataset and table of an address, fit to be written into SQL."""
    dataset, _, table = address.path.partition("/")
    for pattern, name in ((_PROJECT, address.place), (_DATASET, dataset), (_TABLE, table)):
        _check(address, pattern, name)
    return address.place, dataset, table


def _check(address: Address, pattern: re.Pattern[str], name: str) -> None:
    if not pattern.fullmatch(name):
        raise IngestError(
            f"{address}: {name!r} is no name of BigQuery's. Write the address like"
            " bigquery://project/dataset/gcp_billing_export_v1_0A1B2C_3D4E5F_6A7B8C."
        )


def _batch(rows: Sequence[Any], schema: Sequence[Any]) -> Any:
    """Rows as BigQuery answers them, `{"f": [{"v": …}, …]}`, as a batch of Arrow's.

    Its numbers stay the text that they are there: DuckDB holds no 76 digits of a BIGNUMERIC, and a
    list as JSON no decimals. The SDK's own conversion takes three times as long.
    """
    import pyarrow as pa  # noqa: PLC0415 (fast --help)

    def column(values: Sequence[Any], field: Any) -> Any:
        if field.mode != "REPEATED":
            return single(values, field)
        lists = [value or () for value in values]
        offsets = pa.array(accumulate(map(len, lists), initial=0), pa.int32())
        members = single([one["v"] for value in lists for one in value], field)
        return pa.ListArray.from_arrays(offsets, members)

    def single(values: Sequence[Any], field: Any) -> Any:
        if field.field_type in ("RECORD", "STRUCT"):
            children = [
                column([value and value["f"][at]["v"] for value in values], child)
                for at, child in enumerate(field.fields)
            ]
            absent = pa.array([value is None for value in values], pa.bool_())
            names = [child.name for child in field.fields]
            return pa.StructArray.from_arrays(children, names, mask=absent)
        texts = pa.array(values, pa.string())
        match field.field_type:
            case "TIMESTAMP":  # microseconds since 1970
                return texts.cast(pa.int64()).cast(pa.timestamp("us", "UTC"))
            case "BOOLEAN" | "BOOL":
                return texts.cast(pa.bool_())
            case _:
                return texts

    columns = [
        column([row["f"][at]["v"] for row in rows], field) for at, field in enumerate(schema)
    ]
    return pa.record_batch(columns, names=[field.name for field in schema])
