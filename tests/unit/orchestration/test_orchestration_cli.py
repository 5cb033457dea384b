"""The command itself: what it lists, and what it does not wait for."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.console import Console
from typer.testing import CliRunner

from orchestration.cli import console
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


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("ga", "gate"), ("gate de", "deployment"), ("gate deployment --bud", "--budget-file")],
)
def test_a_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    words = f"tollgate {typed}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = CliRunner().invoke(app, env=asked | {"_TOLLGATE_COMPLETE": "complete_bash"})
    assert offered in done.stdout.split()


def test_completion_is_offered_where_it_completes_everything() -> None:
    assert "--install-completion" in CliRunner().invoke(app, ["--help"]).output
    for name in COMMANDS:
        assert "completion" not in CliRunner().invoke(app, [name, "--help"]).output


def test_the_version_can_be_told_in_a_report() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"tollgate {version('tollgate')}\n"


def test_an_unknown_command_is_named() -> None:
    done = CliRunner().invoke(app, ["gat"])
    assert done.exit_code == 2
    assert "No such command 'gat'" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gat"], "error: No such command 'gat'; see `tollgate --help`"),
        (["query"], "error: Missing argument 'sql'; see `tollgate query --help`"),
        (["query", "--no"], "error: No such option: --no; see `tollgate query --help`"),
        (["gate", "deployment", "p", "--format", "x"], "error: Invalid value for '--format': "),
        (["gate", "deployment", "nowhere.json"], "error: no decision: "),
        (
            ["rates", "download"],
            "error: Missing argument 'vendor'. Choose from: aws, azure, google; see `toll",
        ),
        (["explain", "x;"], "error: "),
        (["ingest", "nowhere.csv"], "error: nowhere.csv: no such file"),
        (["focus", "check", "nowhere.csv"], "error: "),
        (["doctor"], "error: TOLLGATE_ENGINE is 'oracle'; set it to one of"),
        (["build"], "error: TOLLGATE_ENGINE is 'oracle'; set it to one of"),
        (["actions", "list"], "error: TOLLGATE_ENGINE is 'oracle'; set it to one of"),
    ],
)
def test_errors_of_every_kind_are_one_line_on_stderr_that_begins_alike(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    if "TOLLGATE_ENGINE" in message:
        monkeypatch.setenv("TOLLGATE_ENGINE", "oracle")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code in {1, 2}, done.output
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("place", ["file", "file/below", "/dev/null", "/proc/x", "loop"])
@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "dev"])
def test_home_that_cannot_be_is_one_error_of_every_command(
    command: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / place))
    more = {"actions": ["list"], "ingest": [str(tmp_path / "file")], "query": ["select 1"]}
    done = CliRunner().invoke(app, [command, *more.get(command, [])])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: TOLLGATE_HOME is {tmp_path / place}, where Tollgate ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert (tmp_path / "file").read_text() == "kept"


def test_looking_at_the_home_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "new" / "home"))
    assert CliRunner().invoke(app, ["focus", "check", "nowhere.csv"]).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_error_is_red_on_a_terminal_and_obeys_nothing_of_what_it_quotes() -> None:
    said = io.StringIO()
    terminal = Console(file=said, force_terminal=True, color_system="standard", emoji=False)
    with patch.object(console, "err", terminal):
        console.complain("[bold]:x:\x1b[2J")
    assert said.getvalue() == "\x1b[31merror: [bold]:x:\\x1b[2J\x1b[0m\n"


def test_a_group_without_a_command_shows_its_help_alone() -> None:
    done = CliRunner().invoke(app, ["gate"])
    assert "Usage: " in done.output
    assert "error:" not in done.output


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


@pytest.mark.parametrize("writes", ["console.out.print", "sys.stdout.write"])
@pytest.mark.parametrize("code", [0, 1])
def test_exit_code_is_the_verdicts_though_its_reader_has_left(code: int, writes: str) -> None:
    """`tollgate capacity decide … | head -1` said denied, whatever was decided."""
    asked = (
        "import sys, typer\n"
        "from orchestration.cli import app, console\n"
        "def run():\n"
        f"    sys.stdin.readline(); {writes}('allowed'); {writes}(100_000 * 'a plan')\n"
        f"    raise typer.Exit({code})\n"
        "command = typer.Typer(); command.command()(run); app.app = command; app.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", asked],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        assert command.stdout is not None
        command.stdout.close()
        _, said = command.communicate("now\n")
    assert (command.returncode, said) == (code, "")
