"""dbt's models as assets, in two invocations around the Python that reads and writes marts."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DbtProject, dbt_assets
from dagster_dbt.asset_utils import (
    DAGSTER_DBT_EXCLUDE_METADATA_KEY,
    DAGSTER_DBT_SELECT_METADATA_KEY,
    get_manifest_and_translator_from_dbt_assets,
    get_subset_selection_for_context,
)
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.defs.transform.dbt import DbtFailedError, dbt_events
from orchestration.defs.transform.project import DBT_FOLDER, parsed_project
from orchestration.defs.transform.translator import Translator
from orchestration.resources import Tollgate
from orchestration.settings import PROJECT_ROOT, Settings

# What is built from platform tables; everything else is built from the bill.
PLATFORM_MARTS = "source:platform+"


def transform_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Charges and their marts first; marts of what Python found, forecast and decided after."""
    project = DbtProject(
        project_dir=PROJECT_ROOT,
        target_path=parsed_project(settings),
        profiles_dir=DBT_FOLDER,
        target=settings.engine,
    )

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        exclude=PLATFORM_MARTS,
        name="dbt_cost_models",
        dagster_dbt_translator=Translator(),
    )
    def cost_models(context: dg.AssetExecutionContext, tollgate: Tollgate) -> Iterator[Any]:
        yield from _build(context, tollgate)

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        select=PLATFORM_MARTS,
        name="dbt_platform_models",
        dagster_dbt_translator=Translator(),
    )
    def platform_models(context: dg.AssetExecutionContext, tollgate: Tollgate) -> Iterator[Any]:
        yield from _build(context, tollgate)

    return [cost_models, platform_models]


def _build(context: dg.AssetExecutionContext, tollgate: Tollgate) -> Iterator[Any]:
    """Build what the run selects; every node becomes a materialization, every test a check."""
    manifest, translator, project = get_manifest_and_translator_from_dbt_assets(
        [context.assets_def]
    )
    tags = context.op_execution_context.op.tags
    selection, indirect = get_subset_selection_for_context(
        context=context,
        manifest=manifest,
        select=tags.get(DAGSTER_DBT_SELECT_METADATA_KEY),
        exclude=tags.get(DAGSTER_DBT_EXCLUDE_METADATA_KEY),
        selector=None,
        dagster_dbt_translator=translator,
        current_dbt_indirect_selection_env=None,
    )
    how = ["--indirect-selection", indirect] if indirect else []
    settings = tollgate.settings
    try:
        for event in dbt_events(settings, ["build", *selection, *how]):
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            yield from message.to_default_asset_events(
                manifest=manifest,
                dagster_dbt_translator=translator,
                context=context,
                target_path=settings.dbt_target,
                project=project,
            )
    except DbtFailedError as error:
        raise dg.Failure(str(error)) from error
