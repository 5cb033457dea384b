"""Workloads fetched from OpenCost's API, against a small server that answers as it does."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from orchestration.ingest import listing
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import Export, land_export
from orchestration.ingest.providers import opencost_api
from orchestration.ingest.providers.opencost_api import OpenCost
from orchestration.ingest.recognition import recognise
from orchestration.ingest.stores import Address, read_address
from tests.fetching import fetch

EXAMPLE = Path(__file__).parents[1] / "fixtures/billing/kubernetes/opencost_allocation_example.json"


@dataclass
class Server:
    """Days and what they cost; what was asked for."""

    address: str
    costs: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    #: What is answered to each question for a day, if not its workloads.
    page: bytes = b""
    #: Ends the connection before the answer is whole.
    cut: bool = False
    packed: bool = False

    def answer(self, window: str) -> bytes:
        day = window[:10]
        self.asked.append(day)
        if self.page and day != "1d":
            return self.page
        if day not in self.costs:
            return json.dumps({"code": 200, "data": [{}]}).encode()
        workload = json.loads(EXAMPLE.read_text())["data"][0]["kube-system"]
        span = {"start": f"{day}T00:00:00Z", "end": f"{day}T12:00:00Z"}
        workload |= span | {"window": span}
        # As text: a number of JSON would pass through a double here.
        body = json.dumps(workload | {"totalCost": "COST"}).replace('"COST"', self.costs[day])
        return f'{{"code": 200, "data": [{{"kube-system": {body}}}]}}'.encode()


@pytest.fixture
def opencost(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            found = server.answer(parse_qs(asked.query)["window"][0])
            there = asked.path == "/allocation"
            self.send_response(server.status if there else 404)
            if server.packed:
                found = gzip.compress(found)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(found) + server.cut))
            self.end_headers()
            self.wfile.write(found)

        def log_message(self, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"opencost://127.0.0.1:{listening.server_port}")
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    at(monkeypatch, "2026-10-03")
    yield server
    listening.shutdown()
    listening.server_close()


def at(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    moment = datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC)
    monkeypatch.setattr(listing, "STORES", {"opencost": partial(OpenCost, now=lambda: moment)})


def address(text: str) -> Address:
    found = read_address(text)
    assert found is not None
    return found


def land(server: Server, lake: Path) -> dict[str, tuple[int, Any, str]]:
    export = Export("kubernetes_opencost", "prod", address(server.address), {"currency": "USD"})
    return {
        r.billing_period: (r.rows, r.control_totals[0].amount.normalize(), r.status)
        for r in land_export(export, None, lake)
    }


def test_days_land_in_their_months_and_stay_when_opencost_has_forgotten_them(
    opencost: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opencost.costs = {"2026-09-20": "1.25", "2026-09-30": "2.5", "2026-10-02": "4"}
    lake = tmp_path / "lake"
    found = land(opencost, lake)
    assert {month: (rows, float(cost)) for month, (rows, cost, _) in found.items()} == {
        "2026-09": (2, 3.75),
        "2026-10": (1, 4.0),
    }
    assert "2026-10-03" not in opencost.asked
    # A day later: what was settled is not asked for, what moved is restated, the oldest is kept.
    at(monkeypatch, "2026-10-06")
    opencost.asked.clear()
    opencost.costs = {"2026-10-02": "4", "2026-10-04": "8"}
    later = land(opencost, lake)
    assert later["2026-09"][0] == 2
    assert (later["2026-10"][0], float(later["2026-10"][1]), later["2026-10"][2]) == (
        2, 12.0, "restated",
    )  # fmt: skip
    assert "2026-09-25" not in opencost.asked
    assert {"2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05"} <= set(opencost.asked)


def test_what_is_fetched_is_recognised(opencost: Server, tmp_path: Path) -> None:
    opencost.costs = {"2026-10-01": "0.1"}
    copy = fetch(address(opencost.address), tmp_path / "lake")
    assert copy is not None
    (file,) = copy.rglob("*.json")
    assert file.relative_to(copy).as_posix() == "2026-10/2026-10-01.json"
    assert recognise(file) == "kubernetes_opencost"


def test_only_asked_days_are_looked_for(opencost: Server, tmp_path: Path) -> None:
    opencost.costs = {"2026-10-01": "1"}
    assert fetch(address(f"{opencost.address}?days=2"), tmp_path / "lake") is not None
    assert set(opencost.asked) == {"1d", "2026-10-01", "2026-10-02"}


def test_a_packed_answer_is_unpacked(opencost: Server, tmp_path: Path) -> None:
    opencost.costs, opencost.packed = {"2026-10-01": "1"}, True
    copy = fetch(address(f"{opencost.address}?days=2"), tmp_path / "lake")
    assert copy is not None
    assert json.loads((copy / "2026-10/2026-10-01.json").read_text())["code"] == 200


def test_an_answer_that_unpacks_without_end_is_refused_and_not_kept(
    opencost: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(opencost_api, "_MOST_BYTES", 4 << 20)
    opencost.page, opencost.packed = b"{" + b" " * (32 << 20), True
    with pytest.raises(IngestError, match=r"answer for 2026-.* longer than 4 MiB, unpacked"):
        fetch(address(f"{opencost.address}?days=2"), tmp_path / "lake")
    assert not [file for file in (tmp_path / "lake").rglob("*") if file.stat().st_size > 1 << 20]


def test_an_answer_that_breaks_off_is_not_kept(opencost: Server, tmp_path: Path) -> None:
    opencost.costs, opencost.cut = {"2026-10-01": "1"}, True
    with pytest.raises(IngestError, match="connection broke"):
        fetch(address(f"{opencost.address}?days=2"), tmp_path / "lake")
    assert not list((tmp_path / "lake").rglob("*.json"))


def test_an_answer_that_stalls_is_asked_for_again(
    opencost: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opencost.costs = {"2026-10-02": "1"}
    arriving, stalls = requests.Response.iter_content, iter([True])

    def stall(answer: requests.Response, size: int) -> Any:
        if next(stalls, False):
            raise requests.ConnectionError("Read timed out.")
        return arriving(answer, size)

    monkeypatch.setattr(requests.Response, "iter_content", stall)
    assert fetch(address(f"{opencost.address}?days=1"), tmp_path / "lake") is not None
    assert opencost.asked.count("2026-10-02") == 2


def test_a_page_in_place_of_a_day_is_not_kept_for_good(opencost: Server, tmp_path: Path) -> None:
    opencost.costs, opencost.page = {"2026-09-20": "1"}, b"<html>sign in</html>" + b" " * 2_000
    with pytest.raises(IngestError, match="does not answer like OpenCost"):
        fetch(address(opencost.address), tmp_path / "lake")
    opencost.page = b""
    copy = fetch(address(opencost.address), tmp_path / "lake")
    assert copy is not None
    assert [file.stem for file in copy.rglob("*.json")] == ["2026-09-20"]


@pytest.mark.parametrize(
    ("text", "status", "problem"),
    [
        ("{server}/elsewhere", 200, "answers 404"),
        ("{server}", 500, "answers 500"),
        ("{server}?days=0", 200, "days as a number from 1 to 400"),
        ("{server}?until=x", 200, "no option 'until'"),
        ("{server}", 200, "holds no charges yet"),
        ("opencost://127.0.0.1:9", 200, "cannot be reached"),
        ("opencost://a@b.example", 200, "names no host"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_remedy(
    opencost: Server, tmp_path: Path, text: str, status: int, problem: str
) -> None:
    opencost.status = status
    with pytest.raises(IngestError, match=problem):
        fetch(address(text.format(server=opencost.address)), tmp_path / "lake")
