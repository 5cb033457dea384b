"""An export that stops arriving is told, one that is only slow is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.ingest.exports import Export, write_exports
from orchestration.ingest.landing import land
from orchestration.ingest.silence import Silence, silent
from tests.unit.ingest.conftest import CUR_HEADER, WriteCsv

START = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture
def daily(write_csv: WriteCsv, lake: Path) -> Path:
    """Five deliveries of an open month, a day apart."""
    return deliver(write_csv, lake, [0, 1, 2, 3, 4])


def deliver(write_csv: WriteCsv, lake: Path, days: list[int]) -> Path:
    rows = []
    for day in days:
        received = START + timedelta(days=day)
        rows.append(["1", "2026-03-01", f"{received:%Y-%m-%d}", "USD", "Usage", "1"])
        bill = write_csv("bill.csv", CUR_HEADER, rows)
        land([bill], "aws_cur2", "payer", lake, data_as_of=received)
    return lake


def told(lake: Path, now: datetime, name: str = "payer") -> list[Silence]:
    declared = lake.parent / "exports.toml"
    write_exports(declared, [Export("aws_cur2", name, Path("bills"))])
    found = silent(declared, lake, now)
    assert silent(declared, lake, now, "aws_cur2") == found
    assert silent(declared, lake, now, "focus") == []
    return found


def test_a_bill_that_stops_is_told_with_its_rhythm(daily: Path) -> None:
    last = START + timedelta(days=4)
    assert told(daily, last + timedelta(days=3)) == []
    (found,) = told(daily, last + timedelta(days=4))
    assert (found.export, found.days, found.usual_days) == ("payer", 4, 1)
    assert "nothing new since 2026-03-06, 4 days ago, where it usually changes every 1." in (
        found.problem
    )


def test_a_monthly_bill_has_its_own_patience(write_csv: WriteCsv, lake: Path) -> None:
    deliver(write_csv, lake, [0, 30, 61, 91])
    last = START + timedelta(days=91)
    assert told(lake, last + timedelta(days=89)) == []
    assert told(lake, last + timedelta(days=91))


def test_nothing_is_told_of_what_has_no_rhythm_or_is_not_declared(
    daily: Path, write_csv: WriteCsv, tmp_path: Path
) -> None:
    late = START + timedelta(days=400)
    assert told(daily, late, "another") == []
    young = deliver(write_csv, tmp_path / "young", [0, 1, 2])
    assert told(young, late) == []


def test_the_doctor_tells_of_it(daily: Path) -> None:
    told(daily, START)
    checked = CliRunner().invoke(app, ["doctor"], env={"TOLLGATE_HOME": str(daily.parent)})
    assert checked.exit_code == 1
    assert "aws_cur2/payer: nothing new since 2026-03-06" in " ".join(checked.output.split())
