"""Several that ingest the same address: it has one copy, and each lands one time's content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import Export, land_export
from orchestration.ingest.fetching import all_fetched, copy_of
from orchestration.ingest.landing import LandingResult
from tests.fetching import Shelf, address, copied, fetch

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


def _slashed_copy(text: str, lake: Path) -> Path:
    """Where the copy of an address with a slash at its end was, when that was another address."""
    copy = copy_of(address(text), lake)
    name = copy.parent.name[:-8] + hashlib.sha256(text.encode()).hexdigest()[:8]
    return copy.parent.with_name(name)


def test_a_copy_of_either_spelling_is_gone_on_with(shelf: Shelf, lake: Path, cur: Cur) -> None:
    text, other = "shelf://acme/export", "shelf://acme/export/"
    shelf.is_window = True
    shelf.files = {
        f"2025-0{month}/a.csv": cur("a.csv", (f"2025-0{month}", "1")).read_bytes()
        for month in (8, 9)
    }
    exports = [Export("aws_cur2", "acme", address(spelled)) for spelled in (text, other)]
    land_export(exports[0], None, lake)
    copy_of(address(text), lake).parent.rename(_slashed_copy(other, lake))
    del shelf.files["2025-08/a.csv"]
    shelf.taken.clear()
    for export in exports:
        results = land_export(export, None, lake)
        assert [result.status for result in results] == ["unchanged"] * 2
    assert shelf.taken == []
    assert len(list((lake / "_fetched").iterdir())) == 1


def test_a_copy_that_was_half_gone_on_with_is_not_fetched_again(shelf: Shelf, lake: Path) -> None:
    """As where the process died between the versions and the files."""
    shelf.files = {"a.csv": b"1"}
    fetch(address(), lake)
    own, other = copy_of(address(), lake).parent, _slashed_copy(f"{address()}/", lake)
    other.mkdir()
    (own / "files").rename(other / "files")
    assert copied(fetch(address(), lake)) == {"a.csv": b"1"}
    assert shelf.taken == ["a.csv"]


def test_where_both_spellings_have_a_copy_neither_is_lost(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"a.csv": b"1"}
    fetch(address(), lake)
    other = _slashed_copy(f"{address()}/", lake) / "files"
    other.mkdir(parents=True)
    (other / "old.csv").write_bytes(b"2")
    assert copied(fetch(address(f"{address()}/"), lake)) == {"a.csv": b"1"}
    assert (other / "old.csv").exists()


def test_a_copy_that_is_a_link_is_not_gone_on_with(
    shelf: Shelf, lake: Path, tmp_path: Path
) -> None:
    shelf.files = {"a.csv": b"1"}
    (tmp_path / "theirs.csv").write_bytes(b"2")
    other = _slashed_copy(f"{address()}/", lake)
    other.mkdir(parents=True)
    (other / "files").symlink_to(tmp_path)
    with pytest.raises(IngestError, match="is a link"):
        fetch(address(), lake)
    assert (tmp_path / "theirs.csv").exists()
