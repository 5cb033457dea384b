"""States of months that no build has seen, for the mart that answers 'as reported on date D'."""

import dagster as dg

from orchestration.defs.groups import MARTS
from orchestration.reported import replay
from orchestration.resources import Tollgate


def ledger_assets() -> list[dg.AssetsDefinition]:
    """The replayed costs."""
    return [replayed_costs]


@dg.asset(
    key=["platform", "replayed_costs"],
    group_name=MARTS,
    kinds={"python", "dbt"},
    description=(
        "What months held whose landed version was superseded before any build, conformed "
        "afterwards: so that every delivery can be asked for, built in time or not."
    ),
    deps=[["intermediate", "int_ledger__reported_costs"]],
)
def replayed_costs(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Normally there is nothing to do."""
    done = replay(tollgate.settings)
    lost = "\n".join(f"- {text}" for text in done.lost) or "none"
    return dg.MaterializeResult(
        metadata={"states": done.states, "no_longer_in_the_lake": dg.MetadataValue.md(lost)}
    )
