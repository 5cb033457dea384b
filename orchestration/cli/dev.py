"""`tollgate dev`: the Dagster UI on this installation."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import err
from orchestration.settings import PROJECT_ROOT, load_settings


def dev(
    port: Annotated[int, typer.Option(help="Port of the UI on 127.0.0.1.")] = 3000,
) -> None:
    """Open the Dagster UI: the lineage of every asset, its runs, checks and schedules."""
    from orchestration.defs.transform.project import dbt_environment, parsed_project  # noqa: PLC0415
    from orchestration.runner import make_dagster_home  # noqa: PLC0415

    settings = load_settings()
    # The first time, or after a change of a model, that takes half a minute.
    err.print("reading the dbt project")
    parsed_project(settings)
    make_dagster_home(settings)
    environment = dbt_environment(settings) | {
        "DAGSTER_HOME": str(settings.dagster_home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        # `dg dev` wants a project laid out its way; until then this one is what there is.
        "PYTHONWARNINGS": "ignore:Function `dev_command` is superseded",
    }
    err.print(f"Dagster UI, in a moment: http://127.0.0.1:{port}  (stop with Ctrl-C)")
    command = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port)]
    command += ["-m", "orchestration.definitions", "--working-directory", str(PROJECT_ROOT)]
    os.execve(sys.executable, command, environment)  # noqa: S606
