"""The demo on PostgreSQL: the same company, the same answers, and nobody else's database."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import SMALL, TOLLGATE, Demo
from tests.integration.postgres_server import postgres_database

COUNTED = ("query", "select count(*) as charges from focus.fct_focus_charges", "--format", "csv")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, dict[str, str]]]:
    home = tmp_path_factory.mktemp("demo_postgres") / "home"
    with postgres_database() as server:
        named = server | {"TOLLGATE_ENGINE": "postgres"}
        done = subprocess.run(
            [TOLLGATE, "demo", "--rows", SMALL],
            env=os.environ | named | {"TOLLGATE_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        report = json.loads((home / "demo" / "report.json").read_text())
        yield Demo(home, done.stdout, done.stderr, report), named


def test_both_engines_tell_the_same_of_the_company(demo: Demo, company: tuple[Demo, Any]) -> None:
    on_postgres = company[0].report
    for part in ("costs", "reconciliation", "samples", "anomalies"):
        assert on_postgres[part] == demo.report[part], part


def test_marts_hold_the_company_alone_and_are_queried_there(
    demo: Demo, company: tuple[Demo, dict[str, str]]
) -> None:
    found, named = company
    counted = found.tollgate(*COUNTED, env=named)
    assert counted.stdout == demo.tollgate(*COUNTED).stdout
    assert int(counted.stdout.split()[-1]) > 10_000
    assert "the database of TOLLGATE_PG_DATABASE" in found.printed


def test_build_of_another_home_leaves_the_demos_database_alone(
    company: tuple[Demo, dict[str, str]], tmp_path: Path
) -> None:
    found, named = company
    bills = Path(__file__).parents[1] / "fixtures/billing/focus"
    sample = next(path for path in sorted(bills.rglob("*.csv")))
    (tmp_path / "exports.toml").write_text(f'[[export]]\nfeed = "focus"\npath = "{sample}"\n')
    before = found.tollgate(*COUNTED, env=named).stdout
    done = found.tollgate("build", env=named | {"TOLLGATE_HOME": str(tmp_path)})
    assert done.returncode == 2
    assert "never landed any of them. Nothing was changed." in " ".join(done.stderr.split())
    assert found.tollgate(*COUNTED, env=named).stdout == before
