"""A refused delivery leaves nothing in the lake, and takes nothing that was accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import file_periods, land

Cur = Callable[..., Path]


def originals(lake: Path) -> set[str]:
    """Names of kept files and of facts about them."""
    folder = lake / "_originals"
    return {p.name for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def test_refused_delivery_leaves_no_originals(cur: Cur, lake: Path) -> None:
    """Neither of the file that is wrong nor of the good one beside it."""
    files = [cur("good.csv", ("2025-09", "1")), cur("wrong.csv", ("2025-09", "one"))]
    with pytest.raises(IngestError, match="'one' is not a number"):
        land(files, "aws_cur2", "default", lake)
    assert originals(lake) == set()


def test_file_that_is_only_asked_for_its_months_leaves_nothing_where_it_is_refused(
    cur: Cur, lake: Path
) -> None:
    with pytest.raises(IngestError, match="'one' is not a number"):
        file_periods(cur("wrong.csv", ("2025-09", "one")), "aws_cur2", lake)
    assert originals(lake) == set()


def test_refused_after_its_facts_are_known_leaves_nothing(cur: Cur, lake: Path) -> None:
    land([cur("a.csv", ("2025-09", "1", "1" * 12))], "aws_cur2", "default", lake)
    before = originals(lake)
    with pytest.raises(IngestError, match="is of account 222"):
        land([cur("b.csv", ("2025-09", "2", "2" * 12))], "aws_cur2", "default", lake)
    assert originals(lake) == before


def test_refused_delivery_takes_no_original_that_a_version_was_landed_from(
    cur: Cur, lake: Path
) -> None:
    """Accepted first, replaced since, and now delivered again beside a file that is wrong."""
    first = cur("first.csv", ("2025-09", "1"))
    land([first], "aws_cur2", "default", lake)
    land([cur("second.csv", ("2025-09", "2"))], "aws_cur2", "default", lake)
    before = originals(lake)
    with pytest.raises(IngestError, match="'one' is not a number"):
        land([first, cur("wrong.csv", ("2025-09", "one"))], "aws_cur2", "default", lake)
    assert originals(lake) == before
    assert {"first.csv", "second.csv"} <= before
