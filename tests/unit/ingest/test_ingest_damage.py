"""A lake that is not as it was written: found, named, and landed again or not landed over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import land
from orchestration.ingest.verification import damaged, verify

Cur = Callable[..., Path]


def _money_moved(folder: Path) -> None:
    """Two rows changed so that rows and sums stay as they were."""
    data = folder / "data.parquet"
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT * REPLACE (line_item_unblended_cost +"
            " CASE row_number() OVER () WHEN 1 THEN 500 ELSE -500 END AS line_item_unblended_cost)"
            f" FROM '{data}') TO '{folder}/new' (FORMAT parquet)"
        )
    (folder / "new").replace(data)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "data.parquet").unlink(),
        lambda folder: (folder / "data.parquet").write_bytes(b"PAR1"),
        lambda folder: (folder / "manifest.json").unlink(),
        _money_moved,
    ],
    ids=["missing", "cut", "manifest gone", "money moved between rows"],
)
def test_partition_that_is_not_as_written_is_found_and_landed_again(
    cur: Cur, lake: Path, harm: Callable[[Path], None]
) -> None:
    bill = cur("bill.csv", ("2025-09", "1"), ("2025-09", "2"))
    (landing,) = land([bill], "aws_cur2", "default", lake)
    folder = landing.path
    assert not landing.damage
    harm(folder)
    assert "aws_cur2/default 2025-09: " in verify(lake)[0].problem
    assert damaged(lake)[1]
    (again,) = land([bill], "aws_cur2", "default", lake)
    assert again.status == "landed"
    assert again.damage.startswith(f"{folder / 'data.parquet'} ")
    assert verify(lake)[0].ok
    assert damaged(lake) == (1, [])


def test_a_damaged_file_that_is_landed_again_is_named(
    cur: Cur, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = cur("bill.csv", ("2025-09", "1"))
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    folder = land([bill], "aws_cur2", "default", lake)[0].path
    (folder / "data.parquet").write_bytes(b"PAR1")
    for said in (True, False):
        done = CliRunner().invoke(app, ["ingest", str(bill)])
        assert (f"{folder / 'data.parquet'} is not the file" in done.output) == said
        assert ("It was landed again." in done.output) == said


def test_a_damaged_month_that_is_restated_is_named_and_no_version(cur: Cur, lake: Path) -> None:
    folder = land([cur("a.csv", ("2025-09", "1"))], "aws_cur2", "default", lake)[0].path
    (folder / "data.parquet").write_bytes(b"PAR1")
    (landing,) = land([cur("b.csv", ("2025-09", "2"))], "aws_cur2", "default", lake)
    assert landing.status == "restated"
    assert "is not the file that its manifest describes" in landing.damage
    assert not (folder / "_superseded").exists()


def _edited(change: dict[str, Any]) -> Callable[[Path], object]:
    def edit(file: Path) -> object:
        return file.write_text(json.dumps({**json.loads(file.read_text()), **change}))

    return edit


def _total_edited(file: Path) -> object:
    return file.write_text(file.read_text().replace('"3.000000000000"', '"9.000000000000"'))


@pytest.mark.parametrize(
    "edit",
    [
        _total_edited,
        _edited({"accounts": []}),
        _edited({"rows": "abc"}),
        _edited({"data_as_of": "2999-01-01T00:00:00Z"}),
        _edited({"feed": "nonsense"}),
        lambda file: file.write_text("{}"),
        lambda file: file.write_text("[1]"),
        lambda file: file.write_text("[" * 100_000),
        lambda file: file.write_bytes(b"\xff"),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["total", "accounts", "rows", "time", "feed", "none", "list", "deep", "bytes", "folder"],
)
def test_nothing_is_landed_over_a_manifest_that_was_edited(
    cur: Cur, lake: Path, edit: Callable[[Path], object]
) -> None:
    folder = land([cur("a.csv", ("2025-09", "1"), ("2025-09", "2"))], "aws_cur2", "default", lake)[
        0
    ].path
    edit(folder / "manifest.json")
    expected = r"manifest\.json (is not as it was written|cannot be read).*ingest its month again"
    for bill in (cur("a.csv", ("2025-09", "1"), ("2025-09", "2")), cur("b.csv", ("2025-09", "5"))):
        with pytest.raises(IngestError, match=expected):
            land([bill], "aws_cur2", "default", lake)
    assert not verify(lake)[0].ok
    assert damaged(lake)[1]


def test_copied_partition_is_not_taken_for_another_month(cur: Cur, lake: Path) -> None:
    folder = land([cur("a.csv", ("2025-09", "1"))], "aws_cur2", "default", lake)[0].path
    shutil.copytree(folder, folder.with_name("billing_period=2025-10"))
    found = verify(lake)
    assert [partition.ok for partition in found] == [True, False]
    assert "is of aws_cur2/default/billing_period=2025-09" in found[1].problem


def test_kept_original_that_was_edited_is_not_landed(cur: Cur, lake: Path) -> None:
    bill = cur("bill.csv", ("2025-09", "1"))
    folder = land([bill], "aws_cur2", "default", lake)[0].path
    kept = next((lake / "_originals").glob("*/bill.csv"))
    kept.write_bytes(kept.read_bytes().replace(b"USD,1", b"USD,7"))
    (folder / "data.parquet").unlink()
    land([bill], "aws_cur2", "default", lake)
    assert verify(lake)[0].ok
    assert kept.read_bytes() == bill.read_bytes()
