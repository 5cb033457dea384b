"""dbt's models as assets, in two invocations around the Python that reads and writes marts."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

from orchestration.defs.transform.translator import Translator
from orchestration.resources import Tollgate

# What is built from platform tables; everything else is built from the bill.
PLATFORM_MARTS = "source:platform+"


def transform_assets(project: DbtProject) -> list[dg.AssetsDefinition]:
    """Charges and their marts first; marts of what Python found, forecast and decided after."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        exclude=PLATFORM_MARTS,
        name="dbt_cost_models",
        dagster_dbt_translator=Translator(),
    )
    def cost_models(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, tollgate: Tollgate
    ) -> Iterator[Any]:
        yield from _build(context, dbt, tollgate)

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        select=PLATFORM_MARTS,
        name="dbt_platform_models",
        dagster_dbt_translator=Translator(),
    )
    def platform_models(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, tollgate: Tollgate
    ) -> Iterator[Any]:
        yield from _build(context, dbt, tollgate)

    return [cost_models, platform_models]


def _build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, tollgate: Tollgate
) -> Iterator[Any]:
    invocation = dbt.cli(
        ["build"],
        context=context,
        target_path=tollgate.settings.dbt_target,
        manifest=tollgate.settings.dbt_target / "manifest.json",
    )
    yield from invocation.stream()
