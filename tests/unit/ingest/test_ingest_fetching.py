"""Fetching copies what is current in a store, once, whole, and all of one time."""

from __future__ import annotations

import errno
import json
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import BinaryIO

import pytest

from orchestration.ingest import fetching, listing
from orchestration.ingest.errors import IngestError
from orchestration.ingest.fetching import copy_of
from orchestration.ingest.locks import exclusive
from orchestration.ingest.originals import keep, kept_before
from orchestration.ingest.stores import Interrupted, Nothing, Remote
from orchestration.ingest.transfer import Transfer
from tests.fetching import Shelf, address, copied, fetch


def test_what_did_not_change_is_not_downloaded_again(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"2025-09/a.csv": b"1", "2025-10/b.csv": b"2", "readme.txt": b"no bill"}
    assert copied(fetch(address(), lake)) == {"2025-09/a.csv": b"1", "2025-10/b.csv": b"2"}
    shelf.files["2025-10/b.csv"] = b"22"
    shelf.taken.clear()
    assert copied(fetch(address(), lake))["2025-10/b.csv"] == b"22"
    assert shelf.taken == ["2025-10/b.csv"]


def test_a_key_with_nothing_under_it_is_passed_over_and_remembered(
    shelf: Shelf, lake: Path
) -> None:
    def before(key: str) -> None:
        asked.append(key)
        if not shelf.files[key]:
            raise Nothing(key)

    asked: list[str] = []
    shelf.before, shelf.files = before, {"2025-09/a.csv": b"1", "2025-10/b.csv": b""}
    assert copied(fetch(address(), lake)) == {"2025-09/a.csv": b"1"}
    assert copied(fetch(address(), lake)) == {"2025-09/a.csv": b"1"}
    assert asked.count("2025-10/b.csv") == 1
    shelf.files["2025-10/b.csv"] = b"2"
    assert copied(fetch(address(), lake))["2025-10/b.csv"] == b"2"
    shelf.files["2025-10/b.csv"] = b""
    assert copied(fetch(address(), lake))["2025-10/b.csv"] == b"2"
    assert asked.count("2025-10/b.csv") == 3


def test_what_a_window_shows_no_longer_is_kept(shelf: Shelf, lake: Path) -> None:
    shelf.is_window, shelf.files = True, {"2025-09/a.csv": b"1", "2025-10/b.csv": b"2"}
    fetch(address(), lake)
    del shelf.files["2025-09/a.csv"]
    assert len(copied(fetch(address(), lake))) == 2


def test_the_mark_of_a_folder_is_no_file(shelf: Shelf, lake: Path) -> None:
    """Spark names a folder of parts like a file, and may leave a mark of it."""
    shelf.files = {"2025-09/x.parquet/": b"", "2025-09/x.parquet/0.parquet": b"1"}
    assert copied(fetch(address(), lake)) == {"2025-09/x.parquet/0.parquet": b"1"}


def test_any_name_that_a_file_can_have_is_fetched_once(shelf: Shelf, lake: Path) -> None:
    shelf.files = dict.fromkeys(("x" * 251 + ".csv", "a.csv", "a.csv.version/b.csv"), b"1")
    assert copied(fetch(address(), lake)) == shelf.files
    fetch(address(), lake)
    assert len(shelf.taken) == 3


def test_a_copy_that_was_cut_and_one_whose_version_was_torn_are_fetched_again(
    shelf: Shelf, lake: Path
) -> None:
    shelf.files = {"a.csv": b"1\n2\n", "b.csv": b"3\n"}
    copy = fetch(address(), lake)
    assert copy is not None
    (copy / "a.csv").write_bytes(b"1\n")
    (copy.parent / "versions" / "b.csv").write_bytes(b"\xff")
    assert copied(fetch(address(), lake)) == shelf.files
    assert sorted(shelf.taken) == ["a.csv", "a.csv", "b.csv", "b.csv"]


def test_only_the_current_execution_is_downloaded(shelf: Shelf, lake: Path) -> None:
    month, runs = "BILLING_PERIOD=2025-09", ("20250902T000000Z-a", "20250903T000000Z-b")
    for run in runs:
        named = [f"s3://acme/export/data/{month}/{run}/x.csv.gz"]
        shelf.files[f"data/{month}/{run}/x.csv.gz"] = run.encode()
        manifest = json.dumps({"dataFiles": named}).encode()
        shelf.files[f"metadata/{month}/{run}/x-Manifest.json"] = manifest
    copy = fetch(address(), lake)
    assert f"data/{month}/{runs[0]}/x.csv.gz" not in copied(copy)
    assert copied(copy)[f"data/{month}/{runs[1]}/x.csv.gz"] == runs[1].encode()
    assert len(shelf.taken) == 3


def test_executions_that_no_manifest_tells_apart_are_refused_in_the_address_name(
    shelf: Shelf, lake: Path
) -> None:
    for run in ("20250902T000000Z-a", "20250903T000000Z-b"):
        shelf.files[f"BILLING_PERIOD=2025-09/{run}/x.csv.gz"] = b""
    with pytest.raises(IngestError, match=r"^shelf://acme/export/BILLING_PERIOD=2025-09 holds"):
        fetch(address(), lake)
    assert shelf.taken == []


def test_what_is_gone_there_goes_here_but_not_months_that_were_not_asked_for(
    shelf: Shelf, lake: Path
) -> None:
    shelf.files = {"2025-09/a.csv": b"1", "2025-10/b.csv": b"2", "2025-10/c.csv": b"3"}
    fetch(address(), lake)
    shelf.files = {"2025-10/b.csv": b"2"}
    assert copied(fetch(address(), lake, ["2025-10"])) == {
        "2025-09/a.csv": b"1",
        "2025-10/b.csv": b"2",
    }
    assert copied(fetch(address(), lake)) == {"2025-10/b.csv": b"2"}


def test_only_the_months_that_are_asked_for_are_downloaded(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"2025-09/a.csv": b"1", "20251001-20251101/b.csv": b"2", "no-month.csv": b"3"}
    assert set(copied(fetch(address(), lake, ["2025-10"]))) == {
        "20251001-20251101/b.csv",
        "no-month.csv",
    }
    del shelf.files["no-month.csv"]
    assert fetch(address(), lake, ["2025-11"]) is None


def test_an_address_without_bills_is_an_error(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"readme.txt": b""}
    for months in (None, ["2025-10"]):
        with pytest.raises(IngestError, match="holds no bill files"):
            fetch(address(), lake, months)
    with pytest.raises(IngestError, match="holds no bill files"):
        listing.look(address())


def test_manifests_without_bills_reach_for_nothing_else_in_the_lake(
    shelf: Shelf, lake: Path
) -> None:
    """They were followed up to four folders, into what others have landed."""
    (lake / "_originals").mkdir(parents=True)
    (lake / "_originals" / "theirs.csv").write_bytes(b"1")
    manifest = json.dumps({"dataFiles": ["_originals/theirs.csv"]}).encode()
    shelf.files = {"2025-10/x-Manifest.json": manifest}
    with pytest.raises(IngestError, match="holds no bill files"):
        fetch(address(), lake)
    shelf.files["2025-09/a.csv"] = b"1"
    assert fetch(address(), lake, ["2025-10"]) is None
    with pytest.raises(IngestError, match="no such file near it"):
        fetch(address(), lake)


def test_a_manifest_larger_than_any_is_not_downloaded(
    shelf: Shelf, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 3)
    shelf.files = {"2025-09/a.csv": b"1", "2025-09/manifest.json": b"1234"}
    with pytest.raises(IngestError, match="larger than any manifest"):
        fetch(address(), lake)
    assert shelf.taken == []


def test_an_interrupted_fetch_goes_on_where_it_ended(shelf: Shelf, lake: Path) -> None:
    shelf.files = {f"2025-0{month}/a.csv": b"1" for month in range(1, 6)}

    def fail(key: str) -> None:
        if key == "2025-05/a.csv":
            raise IngestError("the network is down")

    shelf.before = fail
    with pytest.raises(IngestError, match="network is down"):
        fetch(address(), lake)
    done, shelf.before = list(shelf.taken), lambda _: None
    shelf.taken.clear()
    assert len(copied(fetch(address(), lake))) == 5
    assert sorted(shelf.taken + done) == sorted(shelf.files)


def test_an_interrupted_fetch_ends_the_downloads_that_run(shelf: Shelf, lake: Path) -> None:
    """A file of hours must not be waited for when another has failed."""
    shelf.files = {"endless.csv": b"1", "failing.csv": b"2"}
    begun = Event()

    def hang(key: str) -> None:
        if key == "failing.csv":
            assert begun.wait(10)
            raise IngestError("the network is down")

    def download(self: Shelf, remote: Remote, target: BinaryIO) -> None:
        self.before(remote.key)
        while True:
            target.write(b"x" * (1 << 16))
            begun.set()

    shelf.before = hang
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Shelf, "download", download)
        with pytest.raises(IngestError, match="network is down"):
            fetch(address(), lake)
    assert copied(copy_of(address(), lake)) == {}


def test_progress_names_files_and_bytes(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"a.csv": b"1" * 1_000_000, "b.csv": b"2" * 500_000}
    said: list[str] = []
    fetch(address(), lake, progress=said.append)
    assert said[-2].startswith("shelf://acme/export: 1 of 2 files")
    assert said[-1] == "shelf://acme/export: 2 of 2 files, 1.5 MB so far"


def test_progress_of_many_small_files_is_told_in_few_words() -> None:
    said: list[str] = []
    transfer = Transfer("export", 5_050, said.append)
    for _ in range(5_050):
        transfer.done()
    assert len(said) == 100
    assert said[-1].startswith("export: 5050 of 5050 files")


def test_who_waits_for_another_that_fetches_the_same_is_told(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"a.csv": b"1"}
    said: list[str] = []
    with ExitStack() as other:
        other.enter_context(exclusive(copy_of(address(), lake).parent / ".lock"))

        def say(message: str) -> None:
            said.append(message)
            other.close()

        fetch(address(), lake, progress=say)
    assert said[0] == f"{address()}: another process is ingesting it, waiting until it has ended"
    assert said[1] == f"{address()}: listing"


def test_a_file_that_breaks_off_is_tried_again_and_never_half_kept(
    shelf: Shelf, lake: Path
) -> None:
    shelf.files = {"a.csv": b"whole"}
    failures = iter([True, True, False, True, True, True])

    def fail(_: str) -> None:
        if next(failures):
            raise Interrupted("the connection broke")

    shelf.before = fail
    assert copied(fetch(address(), lake)) == {"a.csv": b"whole"}
    shelf.files = {"a.csv": b"another"}
    with pytest.raises(IngestError, match="connection broke"):
        fetch(address(), lake)
    assert copied(copy_of(address(), lake)) == {"a.csv": b"whole"}


def test_a_full_disk_is_said_with_its_place_and_how_to_go_on(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"a.csv": b"1"}

    def fill(_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    shelf.before = fill
    with pytest.raises(IngestError, match=r"a\.csv cannot be written below .+No space") as said:
        fetch(address(), lake)
    assert str(lake) in str(said.value)


def test_a_file_shorter_than_it_was_listed_is_refused(
    shelf: Shelf, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.files = {"a.csv": b"whole"}
    monkeypatch.setattr(Shelf, "contents", lambda _: [Remote("a.csv", "1", 6)])
    with pytest.raises(IngestError, match=r"5 bytes of a\.csv arrived of 6"):
        fetch(address(), lake)
    assert copied(copy_of(address(), lake)) == {}


def test_files_replaced_meanwhile_are_fetched_until_all_are_of_one_time(
    shelf: Shelf, lake: Path
) -> None:
    shelf.files = {"a.csv": b"old", "b.csv": b"old"}

    def replace(_: str) -> None:
        shelf.files = {"a.csv": b"newer", "c.csv": b"newer"}

    shelf.before = replace
    assert copied(fetch(address(), lake)) == {"a.csv": b"newer", "c.csv": b"newer"}


def test_an_export_that_never_rests_is_an_error(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"a.csv": b"0"}

    def grow(_: str) -> None:
        shelf.files = {"a.csv": shelf.files["a.csv"] + b"0"}

    shelf.before = grow
    with pytest.raises(IngestError, match="changed three times"):
        fetch(address(), lake)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (["../../a.csv"], "cannot be a file of its own"),
        (["a/b.csv", "a//b.csv"], "cannot be a file of its own"),
        (["x" * 300 + ".csv"], "cannot be a file of its own"),
        (["a\ud800.csv"], "cannot be a file of its own"),
        (["a.csv", "a.csv/part.csv"], "as a file and as a folder"),
    ],
)
def test_keys_that_are_no_files_of_their_own_are_refused(
    shelf: Shelf, lake: Path, keys: list[str], problem: str
) -> None:
    shelf.files = dict.fromkeys(keys, b"")
    with pytest.raises(IngestError, match=problem):
        fetch(address(), lake)
    assert shelf.taken == []


def test_a_fetched_file_is_kept_by_a_link_and_survives_its_replacement(
    shelf: Shelf, lake: Path, tmp_path: Path
) -> None:
    shelf.files = {"a.csv": b"first\n"}
    copy = fetch(address(), lake)
    assert copy is not None
    kept = keep(copy / "a.csv", lake, tmp_path, kept_before(lake))
    assert kept.path.stat().st_ino == (copy / "a.csv").stat().st_ino
    shelf.files = {"a.csv": b"second\n"}
    fetch(address(), lake)
    assert kept.path.read_bytes() == b"first\n"


def test_a_copy_that_is_a_link_is_refused_and_nothing_there_is_removed(
    shelf: Shelf, lake: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs.csv"
    theirs.write_bytes(b"1")
    copy = copy_of(address(), lake)
    copy.parent.mkdir(parents=True)
    copy.symlink_to(tmp_path)
    shelf.files = {"a.csv": b"1"}
    with pytest.raises(IngestError, match="is a link"):
        fetch(address(), lake)
    assert theirs.exists()


def test_a_month_folder_keeps_its_name(shelf: Shelf, lake: Path) -> None:
    shelf.files = {"a.csv": b"1"}
    copy = fetch(address("shelf://acme/export/BILLING_PERIOD=2025-09/"), lake)
    assert copy is not None
    assert copy.name == "BILLING_PERIOD=2025-09"
    assert copied(copy) == {"a.csv": b"1"}


def test_an_unknown_scheme_or_option_is_refused(shelf: Shelf, lake: Path) -> None:
    with pytest.raises(IngestError, match="fetched from shelf://"):
        fetch(address("ftp://acme/export"), lake)
    with pytest.raises(IngestError, match="no option 'colour'"):
        address("shelf://acme/export?colour=red").require_options("size")
