"""The `tollgate` command: declarations only, each command's work lives beside its subject."""

from __future__ import annotations

import typer

from orchestration.cli import build, demo, dev, doctor, explain, feedback, query
from orchestration.cli.actions import app as actions_app
from orchestration.cli.capacity import app as capacity_app
from orchestration.cli.focus import app as focus_app
from orchestration.cli.gate import app as gate_app
from orchestration.cli.ingest import ingest
from orchestration.cli.rates import app as rates_app

app = typer.Typer(
    name="tollgate",
    help="FinOps you can trust with money: bills to FOCUS, findings, forecasts, and OPA gates.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("dev")(dev.dev)
app.command("ingest")(ingest)
app.command("build")(build.build)
app.add_typer(focus_app, name="focus")
app.add_typer(gate_app, name="gate")
app.add_typer(rates_app, name="rates")
app.add_typer(actions_app, name="actions")
app.add_typer(capacity_app, name="capacity")
app.command("explain")(explain.explain)
app.command("feedback")(feedback.feedback)
app.command("query")(query.query)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Entry point of the `tollgate` script."""
    app()
