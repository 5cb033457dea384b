"""What keeping delivered files promises while others write to them, and where there are many."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.ingest import delivery, originals
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land

Cur = Callable[..., Path]


def in_place(bill: Path, content: bytes) -> None:
    bill.write_bytes(content)


def another_file(bill: Path, content: bytes) -> None:
    other = bill.with_suffix(".new")
    other.write_bytes(content)
    other.replace(bill)


@pytest.mark.parametrize("change", [in_place, another_file])
def test_file_that_changes_while_it_is_read_is_refused_even_of_the_same_size_and_time(
    cur: Cur, lake: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, bytes], None]
) -> None:
    bill = cur("bill.csv", ("2025-09", "1.5"))
    before, copy = bill.stat(), shutil.copyfile

    def copied_too_late(source: Path, target: Path) -> None:
        change(bill, bill.read_bytes().replace(b"1.5", b"9.5"))
        os.utime(bill, ns=(before.st_atime_ns, before.st_mtime_ns))
        copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", copied_too_late)
    with pytest.raises(IngestError, match=r"bill\.csv changed while it was read"):
        land([bill], "aws_cur2", "default", lake)
    assert not list(lake.glob("_originals/*/*"))
    assert not list(lake.glob("_staging/*"))


def test_delivery_of_many_files_looks_once_for_what_the_lake_has(
    cur: Cur, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking for each would take the square of their number: minutes for some thousands."""
    asked: list[Path] = []
    look = originals.kept_before

    def counted(folder: Path) -> set[tuple[str, int]]:
        asked.append(folder)
        return look(folder)

    monkeypatch.setattr(delivery, "kept_before", counted)
    bills = [cur(f"{part}.csv", ("2025-09", part)) for part in "123"]
    land(bills, "aws_cur2", "default", lake)
    (again,) = land(bills, "aws_cur2", "default", lake)
    assert again.status == "unchanged"
    assert asked == [lake, lake]
