"""Puts the definitions of all stages together and applies policy by selection."""

from __future__ import annotations

import warnings

import dagster as dg

from orchestration import automation
from orchestration.defs.capacity.assets import capacity_assets
from orchestration.defs.detect.assets import detect_assets
from orchestration.defs.forecast.assets import forecast_assets
from orchestration.defs.forecast.budgets import budget_assets
from orchestration.defs.ingest.assets import raw_assets
from orchestration.defs.ingest.checks import raw_checks
from orchestration.defs.ledger.assets import ledger_assets
from orchestration.defs.publish.assets import publish_assets
from orchestration.defs.remediate.assets import remediate_assets
from orchestration.defs.transform.assets import transform_assets
from orchestration.defs.verify.estimates import estimate_assets
from orchestration.resources import Tollgate
from orchestration.settings import Settings

OWNERS = ["team:finops"]


def assemble(settings: Settings) -> dg.Definitions:
    """The definitions of one installation; parses the dbt project where it has changed."""
    # Dagster's notes to its own developers; the versions that were tested are locked.
    for category in (dg.BetaWarning, dg.PreviewWarning):
        warnings.filterwarnings("ignore", category=category)
    definitions = dg.Definitions(
        assets=[
            *raw_assets(),
            *transform_assets(settings),
            *ledger_assets(),
            *detect_assets(),
            *forecast_assets(),
            *budget_assets(),
            *capacity_assets(),
            *remediate_assets(),
            *estimate_assets(),
            *publish_assets(),
        ],
        asset_checks=raw_checks(),
        jobs=automation.jobs(),
        schedules=automation.schedules(),
        sensors=automation.sensors(),
        resources={"tollgate": Tollgate()},
        # A multiprocess run pays seconds of process start for each of some fifty steps.
        executor=dg.in_process_executor,
    )
    return definitions.map_asset_specs(func=replace_owners)


def replace_owners(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Give the default owners to an asset that names none of its own."""
    return spec if spec.owners else spec.replace_attributes(owners=OWNERS)
