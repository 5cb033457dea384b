"""The project as dbt understands it, parsed once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest, and what `dbt parse` said while making it."""
    target = tmp_path_factory.mktemp("manifest")
    dbt = Path(sys.executable).with_name("dbt")
    environment = {
        **os.environ, "DBT_PROFILES_DIR": str(ROOT / "dbt_project"), "TOLLGATE_ENGINE": "duckdb",
        "TOLLGATE_HOME": str(target), "TOLLGATE_DBT_UNIT_TESTS": "true",
        "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target),
    }  # fmt: skip
    done = subprocess.run(
        [dbt, "parse", "--show-all-deprecations", "--project-dir", ROOT],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return {"manifest": manifest, "said": done.stdout + done.stderr}


@pytest.fixture(scope="session")
def models(parsed: dict[str, Any]) -> list[dict[str, Any]]:
    return [n for n in parsed["manifest"]["nodes"].values() if n["resource_type"] == "model"]
