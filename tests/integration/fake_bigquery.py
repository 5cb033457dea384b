"""BigQuery's HTTP interface over tables in memory: only the two queries of the connector.

What it answers has the shapes of the REST reference (jobs, getQueryResults, tables). It reads no
SQL: a query without `SELECT *` is taken for the list of months.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

#: The server ends a page where it wants to, whatever size was asked for.
PAGE_ROWS = 3
TOKEN = "ya29.fake-access-token"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, Any]
Schema = list[dict[str, Any]]


@dataclass
class Table:
    """A billing table, partitioned by the day on which its rows arrived."""

    schema: Schema
    rows: list[Row]
    #: Rows that are still in the streaming buffer belong to no partition.
    buffered: bool = False
    partitioned: bool = True

    def month(self, row: Row) -> Any:
        if "invoice" in row:
            return row["invoice"]["month"]
        return f"{moment(row['BillingPeriodStart']) + timedelta(hours=12):%Y%m}"

    def part(self, row: Row) -> int:
        day = moment(row.get("export_time") or row["BillingPeriodStart"]).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return micros(day)


@dataclass
class FakeBigQuery:
    """Tables by `project.dataset.table`, and what was asked of them."""

    tables: dict[str, Table] = field(default_factory=dict)
    queries: list[dict[str, Any]] = field(default_factory=list)
    #: Answers with this status and reason instead: (403, "accessDenied").
    refusal: tuple[int, str] | None = None

    @property
    def downloads(self) -> list[str]:
        """The months that were read, in order."""
        found = [query["bound"]["month"] for query in self.queries if "month" in query["bound"]]
        return sorted(found)

    def answer(self, query: Mapping[str, Any]) -> tuple[Schema, list[Row]]:
        named = re.search(r"FROM `([^`]+)`", query["sql"])
        table = self.tables[named[1] if named else ""]
        bound = query["bound"]
        if "month" not in bound:
            return _months(table)
        rows = [row for row in table.rows if table.month(row) == bound["month"]]
        if "first_part" in bound:
            first, last = (_bound_micros(bound[name]) for name in ("first_part", "last_part"))
            rows = [row for row in rows if first <= table.part(row) <= last]
        return table.schema, rows


def _months(table: Table) -> tuple[Schema, list[Row]]:
    groups: dict[str | None, list[Row]] = {}
    for row in table.rows:
        groups.setdefault(table.month(row), []).append(row)
    strings = ("month", "fact_0", "fact_1", "fact_2")
    schema = [{"name": name, "type": "STRING"} for name in strings]
    schema.append({"name": "row_count", "type": "INTEGER"})
    if table.partitioned:
        schema += [{"name": name, "type": "TIMESTAMP"} for name in ("first_part", "last_part")]
    found = []
    for month, rows in sorted(groups.items(), key=lambda item: item[0] or ""):
        credits = [credit for row in rows for credit in row.get("credits") or ()]
        parts = [table.part(row) for row in rows]
        found.append(
            {
                "month": month,
                "row_count": len(rows),
                "fact_0": max(str(row.get("export_time")) for row in rows),
                "fact_1": str(
                    sum(Decimal(str(row.get("cost") or row["BilledCost"])) for row in rows)
                ),
                "fact_2": str(sum(Decimal(str(one["amount"])) for one in credits)),
                "first_part": None if table.buffered else min(parts),
                "last_part": max(parts),
            }
        )
    return schema, found


def moment(text: str) -> datetime:
    """A point in time as exports write it."""
    found = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def micros(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)


def _bound_micros(text: str) -> int:
    return micros(moment(text))


def cell(value: Any, kind: Mapping[str, Any]) -> dict[str, Any]:
    """A value as `{"v": …}`, all scalars as text."""
    if kind.get("mode") == "REPEATED":
        single = {**kind, "mode": "NULLABLE"}
        return {"v": [cell(one, single) for one in value or ()]}
    if value is not None and kind["type"] == "RECORD":
        return {"v": {"f": [cell(value.get(f["name"]), f) for f in kind["fields"]]}}
    write = _WRITTEN.get(kind["type"], str)
    return {"v": None if value is None else write(value)}


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "TIMESTAMP": lambda value: str(value if isinstance(value, int) else micros(moment(value))),
    "FLOAT": lambda value: repr(float(value)),
    "JSON": json.dumps,
    "BOOLEAN": lambda value: str(value).lower(),
}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeBigQuery

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            return self._json({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        asked = json.loads(body)
        project = self.path.split("/")[4]
        if self.fake.refusal is not None:
            return self._refuse()
        config = asked["configuration"]["query"]
        bound = {
            one["name"]: one["parameterValue"]["value"] for one in config.get("queryParameters", ())
        }
        reference = asked["jobReference"]
        self.fake.queries.append(
            {
                "sql": config["query"],
                "bound": bound,
                "project": project,
                "location": reference.get("location"),
                "job": reference["jobId"],
            }
        )
        return self._json(self._job(asked))

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._json({"error": {"code": 401, "message": "no token"}}, 401)
        _, _, _, _, project, kind, *rest = path.path.split("/")
        if kind == "datasets":
            name = f"{project}.{rest[0]}.{rest[2]}"
            table = self.fake.tables.get(name)
            if table is None:
                message = f"Not found: Table {name}"
                errors = [{"reason": "notFound", "message": message}]
                return self._json(
                    {"error": {"code": 404, "message": message, "errors": errors}}, 404
                )
            known = {
                "tableReference": {
                    "projectId": project,
                    "datasetId": rest[0],
                    "tableId": rest[2],
                },
                "schema": {"fields": table.schema},
                "location": "EU",
            }
            parts = {"timePartitioning": {"type": "DAY"}} if table.partitioned else {}
            return self._json(known | parts)
        return self._results(rest[0], parse_qs(path.query))

    def _results(self, job: str, options: Mapping[str, list[str]]) -> None:
        query = next(query for query in self.fake.queries if query["job"] == job)
        schema, rows = self.fake.answer(query)
        start = int(options.get("pageToken", ["0"])[0])
        end = start + min(int(options.get("maxResults", ["100"])[0]), PAGE_ROWS)
        found: dict[str, Any] = {
            "jobReference": {"projectId": query["project"], "jobId": job, "location": "EU"},
            "jobComplete": True,
            "schema": {"fields": schema},
            "totalRows": str(len(rows)),
            "rows": [
                {"f": [cell(row.get(kind["name"]), kind) for kind in schema]}
                for row in rows[start:end]
            ],
        }
        if end < len(rows):
            found["pageToken"] = str(end)
        self._json(found)

    def _job(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        place = {"projectId": "anonymous", "datasetId": "of_queries", "tableId": "result"}
        query = {**asked["configuration"]["query"], "destinationTable": place}
        return {
            "jobReference": {**asked["jobReference"], "location": "EU"},
            "configuration": {"query": query, "jobType": "QUERY"},
            "status": {"state": "DONE"},
            "statistics": {"query": {"statementType": "SELECT"}},
        }

    def _refuse(self) -> None:
        status, reason = self.fake.refusal or (500, "")
        error = {"reason": reason, "message": f"refused: {reason}"}
        self._json({"error": {"code": status, "message": reason, "errors": [error]}}, status)

    def _json(self, content: Mapping[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def fake_bigquery(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[FakeBigQuery]:
    """The server, and a service account's key with which the SDK signs in to it."""
    fake = FakeBigQuery()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    address = f"http://127.0.0.1:{server.server_port}"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "acme-home",
        "private_key": pem,
        "client_email": "tollgate@acme-home.iam.gserviceaccount.com",
        "token_uri": f"{address}/token",
    }
    (folder / "account.json").write_text(json.dumps(account))
    patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "account.json"))
    patch.setenv("BIGQUERY_EMULATOR_HOST", address)
    # The SDK asks Google where a service account may be used from: here it shall ask nobody.
    patch.setenv("HTTPS_PROXY", address)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
