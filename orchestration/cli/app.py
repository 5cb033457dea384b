"""The `tollgate` command: declarations only, each command's work lives beside its subject."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from orchestration.cli.console import CANNOT, complain, outlive_readers
from orchestration.cli.home import require_possible_home
from orchestration.settings import SettingsError

# In the order of `tollgate --help`: where in this package the command, or group of commands, is.
COMMANDS = {
    "demo": "demo.demo",
    "dev": "dev.dev",
    "ingest": "ingest.ingest",
    "build": "build.build",
    "focus": "focus.app",
    "gate": "gate.app",
    "policy": "policy.app",
    "rates": "rates.app",
    "actions": "actions.app",
    "capacity": "capacity.app",
    "explain": "explain.explain",
    "feedback": "feedback.feedback",
    "query": "query.query",
    "doctor": "doctor.doctor",
}


# What Typer raises for a wrong option or argument; it has no public name of its own.
_UsageError: Any = typer.BadParameter.__base__


class Commands(TyperGroup):
    """Imports a command when it is asked for: a gate in CI does not wait for the clouds' SDKs."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (Typer gives it)
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (Typer gives it)
        """The command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(".")
        found = getattr(import_module(f"orchestration.cli.{module}"), name)
        command: Any
        if isinstance(found, typer.Typer):
            command = get_group(found)
        else:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(found)
            command = get_command(alone)
        command.name = cmd_name
        return command

    def main(self, args: Any = None, *other: Any, **extra: Any) -> Any:
        """As Typer's own; but what cannot be understood is said as every other error is."""
        asked = list(sys.argv[1:] if args is None else args)
        try:
            if asked and asked[0] in COMMANDS and "--help" not in asked:
                require_possible_home()
            code = super().main(args, *other, **extra | {"standalone_mode": False})
        except _UsageError as error:
            code = error.exit_code
            # Its message is the help, which has been printed.
            if type(error).__name__ != "NoArgsIsHelpError":
                command = error.ctx.command_path if error.ctx else "tollgate"
                # Typer sets choices on lines of their own.
                said = " ".join(error.format_message().split()).rstrip(".")
                complain(f"{said}; see `{command} --help`")
        except SettingsError as error:
            code = CANNOT
            complain(str(error))
        except typer.Abort:
            code = 1
            complain("stopped")
        if extra.get("standalone_mode", True):
            sys.exit(code or 0)
        return code


app = typer.Typer(
    name="tollgate",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tollgate {version('tollgate')}")
        raise typer.Exit


@app.callback()
def tollgate(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show which one this is."),
    ] = False,
) -> None:
    """FinOps you can trust with money: bills to FOCUS, findings, forecasts, and OPA gates."""


def main() -> None:
    """Entry point of the `tollgate` script."""
    outlive_readers()
    try:
        app()
    finally:
        # What is left ends with the process: looking through it for garbage takes seconds.
        gc.freeze()
