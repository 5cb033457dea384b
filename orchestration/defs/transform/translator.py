"""How dbt's nodes look in the lineage graph: groups follow the path of a charge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

from orchestration.defs.groups import (
    ACT,
    CONFORM,
    DECIDE,
    DETECT,
    FORECAST,
    MARTS,
    PROPOSE,
    RULES,
    STAGE,
)

# Intermediate models of these topics only lead up to marts; the others conform charges.
_TOPICS_OF_MARTS = ("allocation", "bills", "unit_economics", "inventory")
# What is decided or forecast is published beside it, whatever model lies between.
_GROUP_OF_TOPIC = {"estimates": ACT, "savings": ACT, "forecasts": FORECAST, "budgets": FORECAST}
# What happened near a finding is known only after all that may happen.
_GROUP_OF_MODEL = {"int_findings__events": ACT, "fct_finding_events": ACT}
_GROUP_OF_LAYER = {"staging": STAGE, "intermediate": CONFORM, "focus": CONFORM, "marts": MARTS}
_GROUP_OF_PLATFORM_TABLE = {
    "anomalies": DETECT,
    "anomaly_drivers": DETECT,
    "detector_feedback": DETECT,
    "detection_budgets": DETECT,
    "forecasts": FORECAST,
    "forecast_totals": FORECAST,
    "forecast_months": FORECAST,
    "forecast_purchases": FORECAST,
    "forecast_parts": FORECAST,
    "forecast_backtests": FORECAST,
    "budgets": FORECAST,
    "budget_covers": FORECAST,
    "capacity_forecasts": FORECAST,
    "capacity_plans": DECIDE,
    "proposals": PROPOSE,
    "decisions": ACT,
    "estimates": ACT,
    "estimate_links": ACT,
    "planned_actions": DECIDE,
    "action_events": ACT,
}


class Translator(DagsterDbtTranslator):
    """Keys are `<schema>/<model>`; platform marts join the group of the asset that feeds them."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`staging|focus|marts/<model>`, `seeds/<seed>`; sources carry their key in `meta`."""
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        # The alias, since the versions of a model share its name.
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The stage of the path that this node belongs to."""
        if dbt_resource_props["resource_type"] == "seed":
            return RULES
        if dbt_resource_props["name"] in _GROUP_OF_MODEL:
            return _GROUP_OF_MODEL[dbt_resource_props["name"]]
        for upstream in dbt_resource_props.get("depends_on", {}).get("nodes", []):
            parts = upstream.split(".")
            table = parts[-1].removeprefix("stg_platform__")
            if (parts[0] == "source" and parts[2] == "platform") or "stg_platform__" in parts[-1]:
                return _GROUP_OF_PLATFORM_TABLE.get(table, MARTS)
        path: list[str] = dbt_resource_props["fqn"]
        if path[2] in _GROUP_OF_TOPIC:
            return _GROUP_OF_TOPIC[path[2]]
        if path[1] == "intermediate" and path[2] in _TOPICS_OF_MARTS:
            return MARTS
        return _GROUP_OF_LAYER.get(path[1])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the model's author wrote; the SQL is in the repository."""
        return str(dbt_resource_props.get("description") or "")

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """The check of a test, with what it promises: dagster-dbt looks for it in `meta` alone."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        test = manifest["nodes"][unique_id]
        kinds = (manifest["macros"].get(m, {}) for m in test["depends_on"]["macros"])
        promised = [test.get("description"), *(kind.get("description") for kind in kinds)]
        description = next((text for text in promised if text), None)
        return spec and spec._replace(description=description)
