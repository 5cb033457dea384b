"""The budgets that policies configure, for the mart that holds spend and forecast against them."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from orchestration.defs.groups import FORECAST
from orchestration.resources import Tollgate
from policies.bundle import read_bundle
from policies.deployment.budget_scopes import budget_scopes

_TABLES = {
    "budgets": "Budgets of a month, from the policies: the only place of their limits.",
    "budget_covers": "Which charges each budget covers; one that names nothing covers all.",
}


def budget_assets() -> list[dg.AssetsDefinition]:
    """The configured budgets."""
    return [budgets]


@dg.multi_asset(
    name="budgets",
    specs=[
        dg.AssetSpec(
            ["platform", name],
            description=description,
            # What is held against them; and dbt, which makes the tables, has run.
            deps=[["marts", "fct_allocated_costs"]],
            group_name=FORECAST,
            kinds={"python"},
        )
        for name, description in _TABLES.items()
    ],
)
def budgets(tollgate: Tollgate) -> Iterator[dg.MaterializeResult[None]]:
    """Writes down what `finops/config/budgets` says, in the bundle that gates decide by."""
    scopes = budget_scopes(read_bundle())
    limits = pd.DataFrame(
        [(name, scope.currency, scope.limit, scope.covered) for name, scope in scopes.items()],
        columns=["scope", "billing_currency", "limit_cost", "covers"],
    )
    covers = pd.DataFrame(
        [
            (name, dimension, value)
            for name, scope in scopes.items()
            for dimension, values in scope.covers.items()
            for value in values
        ],
        columns=["scope", "dimension", "covered_value"],
    )
    for table, rows in zip(_TABLES, (limits, covers), strict=True):
        tollgate.warehouse().replace_rows(f"platform.{table}", rows)
        yield dg.MaterializeResult(
            asset_key=["platform", table], metadata={"dagster/row_count": len(rows)}
        )
