"""What Python writes for the marts is written once dbt has made its tables."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.capacity.assets import capacity_assets
from orchestration.defs.detect.assets import detect_assets
from orchestration.defs.forecast.assets import forecast_assets
from orchestration.defs.forecast.budgets import budget_assets
from orchestration.defs.ledger.assets import ledger_assets
from orchestration.defs.remediate.assets import remediate_assets
from orchestration.defs.verify.estimates import estimate_assets

MADE_BY_DBT = {"staging", "intermediate", "focus", "marts"}


def upstream() -> Iterator[tuple[dg.AssetKey, set[dg.AssetKey]]]:
    """Each asset with what must be there first: what is made together waits together."""
    for assets in (
        capacity_assets, detect_assets, forecast_assets, budget_assets, ledger_assets,
        remediate_assets, estimate_assets,
    ):  # fmt: skip
        for definition in assets():
            needed = {dep.asset_key for spec in definition.specs for dep in spec.deps}
            yield from ((spec.key, needed) for spec in definition.specs)


def test_no_platform_table_is_written_before_dbt_has_made_it() -> None:
    """Budgets need nothing of any mart; on a new home there was no warehouse to write them to."""
    above = dict(upstream())

    def follows(key: dg.AssetKey, *seen: dg.AssetKey) -> bool:
        needed = above.get(key, set()) - set(seen)
        return key.path[0] in MADE_BY_DBT or any(follows(k, key, *seen) for k in needed)

    tables = [key for key in above if key.path[0] == "platform"]
    assert len(tables) > 15
    assert [key.to_user_string() for key in tables if not follows(key)] == []
