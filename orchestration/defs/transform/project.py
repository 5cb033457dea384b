"""Where dbt's project, profiles and artefacts are, and how its manifest is kept fresh."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dagster_dbt import DbtProject

from orchestration.settings import PROJECT_ROOT, Settings

DBT_FOLDER = PROJECT_ROOT / "dbt_project"
# The one installed beside this interpreter, whatever PATH says.
DBT = Path(sys.executable).with_name("dbt")


class DbtParseError(RuntimeError):
    """dbt could not read its own project."""


def dbt_project(settings: Settings) -> DbtProject:
    """The project at the repository's root, with artefacts under `TOLLGATE_HOME`."""
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    return DbtProject(
        project_dir=PROJECT_ROOT,
        target_path=settings.dbt_target,
        profiles_dir=DBT_FOLDER,
        target=settings.engine,
    )


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What dbt's profile and sources read, with the process's own environment."""
    return (
        os.environ
        | settings.environment()
        | {
            "DBT_PROFILES_DIR": str(DBT_FOLDER),
            "DBT_TARGET_PATH": str(settings.dbt_target),
            # dbt's debug log takes longer to write than most models to build.
            "DBT_LOG_LEVEL_FILE": "none",
        }
    )


def ensure_manifest(settings: Settings) -> Path:
    """Parse the project unless the manifest is newer than every file it is made from."""
    manifest = settings.dbt_target / "manifest.json"
    sources = [PROJECT_ROOT / "dbt_project.yml", *DBT_FOLDER.rglob("*")]
    newest = max(path.stat().st_mtime for path in sources if path.is_file())
    if manifest.is_file() and manifest.stat().st_mtime > newest:
        return manifest
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [DBT, "--quiet", "parse", "--project-dir", PROJECT_ROOT, "--target", settings.engine],
        env=dbt_environment(settings),
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DbtParseError(f"dbt cannot parse its project:\n{done.stdout}{done.stderr}")
    manifest.touch()
    return manifest
