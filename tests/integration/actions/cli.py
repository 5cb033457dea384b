"""`tollgate actions …` as the tests of this folder type it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from actions.reports import planned_actions
from orchestration.cli.actions import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def proposals(home: Path, desk: Any, *resource_ids: str, ok: bool = True) -> str:
    rows = [desk.proposal(resource_id).model_dump(mode="json") for resource_id in resource_ids]
    data = {"control_totals_ok": ok, "data_as_of": desk.services.data.data_as_of.isoformat()}
    path = home / "proposals.json"
    path.write_text(json.dumps({"proposals": rows, "data": data}))
    return str(path)


def only_plan(desk: Any) -> str:
    (row,) = planned_actions(desk.store)
    return str(row["plan_id"])


def flat(text: str) -> str:
    """What a table says in its last column, wherever it breaks."""
    return " ".join(line.strip("│┃ ").rsplit("│", 1)[-1].strip() for line in text.splitlines())
