"""`tollgate query` shows what is in the data, to people and to programs, and obeys none of it."""

from __future__ import annotations

import json
import os
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.cli.rows import plain, shown


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    duckdb.connect(str(tmp_path / "warehouse.duckdb")).close()
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.delenv("TOLLGATE_ENGINE", raising=False)
    return tmp_path


def ask(sql: str, *options: str) -> str:
    done = CliRunner().invoke(app, ["query", sql, *options])
    assert done.exit_code == 0, done.output
    return done.stdout


WIDE = ", ".join(f"{number} as c{number}" for number in range(20))


@pytest.mark.parametrize("rest", ["", f", {WIDE}"], ids=["a table", "a value a line"])
def test_text_is_shown_as_it_is_and_not_obeyed(home: Path, rest: str) -> None:
    said = ask(f"select ':x: [red]a[/]' as note, chr(27) || '[2Jgone' as escape{rest}")
    assert ":x: [red]a[/]" in said
    assert "\x1b" not in said
    assert "\\x1b[2Jgone" in said


def test_names_of_columns_are_not_obeyed_either(home: Path) -> None:
    assert ":x:[bold]" in ask('select 1 as ":x:[bold]"')


@pytest.mark.parametrize("option", ["table", "csv", "json"])
def test_amounts_have_no_exponent(home: Path, option: str) -> None:
    said = ask("select cast(0 as decimal(38, 12)) as off", "--format", option)
    assert "0.000000000000" in said
    assert "E-12" not in said


def test_amounts_that_do_not_fit_are_broken_and_not_cut(home: Path) -> None:
    said = ask(f"select {', '.join(f'12345.67::decimal(38, 12) as c{n}' for n in range(14))}")
    rows = [line.strip("│").split("│") for line in said.splitlines() if line.startswith("│")]
    columns = ["".join(part.strip() for part in parts) for parts in zip(*rows, strict=True)]
    assert columns == 14 * ["12345.670000000000"]


def test_what_is_no_number_is_null_in_json(home: Path) -> None:
    said = ask(
        "select 'nan'::double as a, 'inf'::double as b, ['nan'::double, 1.5] as c, "
        "{'d': '-inf'::double} as d, 1.5 as e, null as f, 1.5::double as g",
        "--format", "json",
    )  # fmt: skip

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    (row,) = json.loads(said, parse_constant=refuse)
    nothing = {"a": None, "b": None, "c": [None, 1.5], "d": {"d": None}, "f": None}
    assert row == nothing | {"e": "1.5", "g": 1.5}


def test_marks_that_turn_text_around_are_escaped() -> None:
    assert shown("a\u202eb\x07\tc").plain == "a\\u202eb\\x07\tc"


def test_decimals_are_text_for_programs_and_keep_their_digits() -> None:
    assert plain({"x": [Decimal("1E+3"), Decimal("NaN")]}) == {"x": ["1000", None]}


def test_marts_older_than_the_warehouse_say_so(home: Path) -> None:
    def said() -> str:
        return CliRunner().invoke(app, ["query", "select 1 as one"]).stderr

    built, published = home / "warehouse.duckdb", home / "published" / "warehouse.duckdb"
    assert "no build has succeeded yet" in said()
    published.parent.mkdir()
    shutil.copy(built, published)
    os.utime(published, (1_790_000_000, 1_790_000_000))
    os.utime(built, (1_790_000_000, 1_790_000_000))
    assert said() == ""
    os.utime(built, (1_790_000_060, 1_790_000_060))
    assert "published 2026-09-21 14:13 UTC" in said()
    assert "a run failed" in said()


def test_a_misspelt_mart_is_answered_with_the_one_that_was_meant(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.fct_daily_costs (a int)")
    for misspelt in ("marts.fct_dayly_costs", "fct_daily_costs"):
        done = CliRunner().invoke(app, ["query", f"select * from {misspelt}"])
        assert done.exit_code == 2
        assert 'fct_daily_costs"? The tables there are: ' in done.stderr
        assert "LINE 1" not in done.stderr
