"""The lines of issued invoices beside the charges that name them, for the rule of the tie-out."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.ingest.engine import text
from orchestration.ingest.errors import IngestError, reason
from orchestration.ingest.integrity import check_whole
from orchestration.ingest.sources import open_source

_NEEDED = (
    "InvoiceDetailId", "BilledCost", "BillingCurrency", "ChargeCategory", "InvoiceIssueStatus",
)  # fmt: skip
# ISO 4217's currencies whose smallest unit is not a hundredth.
_WHOLE = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")


def read_invoice_lines(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> None:
    """Create `invoice_lines`: `charged`, `invoiced`, `subunit`, `rows_found` per invoice line.

    `path` is a FOCUS 1.4 InvoiceDetail file; `x_row` is a line's row in it.
    """
    source = open_source(connection, path, folder)
    fields = {field.header: field for field in source.fields}
    missing = [column for column in _NEEDED if column not in fields]
    if missing:
        raise IngestError(
            f"{source.name} is no InvoiceDetail data set of FOCUS 1.4: it lacks"
            f" {', '.join(missing)}."
        )
    check_whole(source.path, source.name)
    values = ", ".join(f"{fields[column].text} AS {column}" for column in _NEEDED)
    whole, thousandths = (", ".join(map(text, codes)) for codes in (_WHOLE, _THOUSANDTHS))
    try:
        connection.execute(f"""
            CREATE TEMP TABLE invoice_lines AS
            WITH lines AS (
                SELECT {values}, CAST({source.row_number} AS BIGINT) AS x_row
                FROM {source.relation()}
            ),
            charged AS (
                SELECT invoice_detail_id, sum(billed_cost) AS charged, count(*) AS rows_found
                FROM charges
                GROUP BY invoice_detail_id
            )
            SELECT
                lines.x_row,
                coalesce(charged.charged, 0) AS charged,
                CAST(lines.BilledCost AS DECIMAL(38, 12)) AS invoiced,
                coalesce(charged.rows_found, 0) AS rows_found,
                CASE
                    WHEN lines.BillingCurrency IN ({whole}) THEN 1
                    WHEN lines.BillingCurrency IN ({thousandths}) THEN 0.001
                    ELSE 0.01
                END AS subunit
            FROM lines
            LEFT JOIN charged ON lines.InvoiceDetailId = charged.invoice_detail_id
            WHERE lines.InvoiceIssueStatus = 'Issued' AND lines.ChargeCategory <> 'Tax'
        """)
    except duckdb.Error as error:
        raise IngestError(f"{source.name} cannot be read ({reason(error)}).") from error
