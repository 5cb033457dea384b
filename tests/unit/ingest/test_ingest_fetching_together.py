"""Several that ingest the same address: each lands what was there at one time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Event

from orchestration.ingest.exports import Export, land_export
from orchestration.ingest.fetching import all_fetched
from orchestration.ingest.landing import LandingResult
from tests.fetching import Shelf, address

Cur = Callable[..., Path]


def _amount(results: list[LandingResult]) -> Decimal:
    return results[0].control_totals[0].amount


def test_a_month_is_landed_as_it_was_fetched_though_another_fetches_it_meanwhile(
    shelf: Shelf, lake: Path, cur: Cur
) -> None:
    def put(*costs: str) -> None:
        names = ("2025-09/a.csv", "2025-09/b.csv")
        shelf.files = {
            name: cur("bill.csv", ("2025-09", cost)).read_bytes()
            for name, cost in zip(names, costs, strict=True)
        }

    export = Export("aws_cur2", "acme", address())
    waits, others = Event(), list[Future[list[LandingResult]]]()

    def others_say(message: str) -> None:
        if "waiting until it has ended" in message:
            waits.set()

    def say(message: str) -> None:
        if message == "a.csv: reading":
            put("100", "200")
            others.append(pool.submit(land_export, export, None, lake, progress=others_say))
            others[0].add_done_callback(lambda _: waits.set())
            assert waits.wait(30)

    put("1", "2")
    with ThreadPoolExecutor(1) as pool:
        assert _amount(land_export(export, None, lake, progress=say)) == 3
        (later,) = others[0].result(30)
    assert later.status == "restated"
    assert _amount([later]) == 300


def test_addresses_are_fetched_once_and_in_one_order_so_that_none_waits_for_ever(
    shelf: Shelf, lake: Path
) -> None:
    shelf.files = {"a.csv": b"1"}
    one, two = address("shelf://acme/one"), address("shelf://acme/two")
    orders: list[list[str]] = []
    for addresses in ([one, two, one], [two, one, two]):
        said: list[str] = []
        with all_fetched(addresses, lake, progress=said.append) as copies:
            assert copies[0] == copies[2] != copies[1]
        orders.append([message for message in said if message.endswith("listing")])
    assert len(orders[0]) == 2
    assert orders[0] == orders[1]
