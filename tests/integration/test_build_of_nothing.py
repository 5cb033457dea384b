"""Whoever builds before any bill has landed gets empty marts, not an error."""

from pathlib import Path

import pytest

from orchestration.runner import run_everything
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse


def test_build_of_an_empty_home_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    settings = Settings(tmp_path / "home")
    run_everything(settings, None, None)
    _, rows = Warehouse(settings).read("select count(*) from marts.fct_findings", finished=True)
    assert rows == [(0,)]
