"""The command itself: what it lists, and what it does not wait for."""

from __future__ import annotations

import subprocess
import sys

from typer.testing import CliRunner

from orchestration.cli.app import COMMANDS, app

HEAVY = ("boto3", "dagster", "dbt", "pandas", "ruptures", "sqlalchemy")


def test_every_command_of_the_table_is_listed_and_explains_itself() -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["--help"])
    assert listed.exit_code == 0
    for name in COMMANDS:
        assert f" {name} " in listed.output
        asked = runner.invoke(app, [name, "--help"])
        assert asked.exit_code == 0, asked.output
        assert f"tollgate {name}" in asked.output


def test_an_unknown_command_is_named() -> None:
    done = CliRunner().invoke(app, ["gat"])
    assert done.exit_code == 2
    assert "No such command 'gat'" in done.output


def test_a_light_command_does_not_import_what_heavy_ones_need() -> None:
    asked = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from orchestration.cli.app import app\n"
        "assert CliRunner().invoke(app, ['doctor', '--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
