"""Bad data may alarm, never act: a failed control total stops everything downstream."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.remediation import data_facts
from orchestration.runner import JobFailedError, run_everything
from orchestration.settings import Settings

_LOST_ROW = "select * from '{data}' qualify row_number() over () > 1"
_MOVED_MONEY = """
    select * replace (
        line_item_unblended_cost
            + case row_number() over () when 1 then 500 when 2 then -500 else 0 end
        as line_item_unblended_cost
    )
    from '{data}'
"""


@pytest.fixture(params=[_LOST_ROW, _MOVED_MONEY], ids=["lost row", "money moved between rows"])
def damaged(
    demo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Settings:
    """A copy of the demo, one landed bill of which was edited since."""
    home = tmp_path / "home"
    shutil.copytree(demo.home, home, ignore=shutil.ignore_patterns("samples", "_originals"))
    (home / "exports.toml").unlink()
    data = next((home / "lake" / "aws_cur2").glob("*/billing_period=2026-05/data.parquet"))
    short = data.with_suffix(".short")
    duckdb.sql(f"copy ({request.param.format(data=data)}) to '{short}' (format parquet)")
    short.replace(data)
    monkeypatch.setenv("TOLLGATE_HOME", str(home))
    return Settings(home)


def test_edited_bill_fails_the_check_and_nothing_after_it_runs(damaged: Settings) -> None:
    before = damaged.warehouse.read_bytes()
    started: list[str] = []
    with pytest.raises(JobFailedError, match="equals_control_totals") as error:
        run_everything(damaged, None, None, lambda step, state: started.append(step))
    message = str(error.value)
    assert "raw/aws_cur2 equals_control_totals" in message
    assert "2026-05: " in message and "data.parquet" in message and "Ingest the month" in message
    assert "raw__aws_cur2_equals_control_totals" in started
    ran = set(started)
    assert not ran & {"dbt_cost_models", "platform__proposals", "platform__action_events"}
    assert damaged.warehouse.read_bytes() == before
    # The marts are of the build before and equal what landed then; that must not reassure the gate.
    assert not data_facts(damaged).control_totals_ok


@pytest.mark.parametrize("lost", ["manifest.json", "."])
def test_bill_that_is_gone_from_the_lake_stops_actions(
    demo: Any, tmp_path: Path, lost: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo.home, home, ignore=shutil.ignore_patterns("samples", "_originals"))
    settings = Settings(home)
    assert data_facts(settings).control_totals_ok
    folder = next((home / "lake" / "aws_cur2").glob("*/billing_period=2026-05"))
    shutil.rmtree(folder) if lost == "." else (folder / lost).unlink()
    assert not data_facts(settings).control_totals_ok
    checked = CliRunner().invoke(app, ["doctor"], env={"TOLLGATE_HOME": str(home)})
    assert checked.exit_code == 1
    assert "aws_cur2/acme-payer 2026-05" in " ".join(checked.output.split())
