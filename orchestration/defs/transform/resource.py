"""dbt's command line as a Dagster resource, without the detours that cost a build seconds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version as installed

from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version

from orchestration.defs.transform.project import DBT


class LeanDbt(DbtCliResource):
    """The dbt-core beside this interpreter.

    dagster-dbt starts `dbt --version`, and builds an adapter in Dagster's own process to fetch
    column metadata after a build; neither is needed here, and both take seconds per build.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(installed("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]  # noqa: ARG002
        return None


def dbt_resource(project: DbtProject) -> LeanDbt:
    """dbt on this project."""
    return LeanDbt(
        project_dir=str(project.project_dir),
        profiles_dir=str(project.profiles_dir),
        target=project.target,
        dbt_executable=str(DBT),
    )
