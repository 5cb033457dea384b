"""The deployment gate's estimates and the resources they became, for the marts that judge them."""

from itertools import chain

import dagster as dg
import pandas as pd

from orchestration.defs.groups import ACT
from orchestration.resources import Tollgate
from policies.decisions import record_pages
from policies.deployment.links import GATE, LINK_COLUMNS, link_rows
from policies.deployment.recorded import ESTIMATE_COLUMNS, estimate_rows


def estimate_assets() -> list[dg.AssetsDefinition]:
    """Estimates and links, as recorded."""
    return [estimates, estimate_links]


@dg.asset(
    key=["platform", "estimates"],
    group_name=ACT,
    kinds={"python"},
    description="Each line of each estimate that the deployment gate has decided on.",
    deps=[["platform", "decisions"]],
)
def estimates(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Publishes the estimates of the recorded decisions."""
    store = tollgate.store()
    try:
        records = chain.from_iterable(record_pages(store, gate=GATE))
        rows = list(chain.from_iterable(map(estimate_rows, records)))
    finally:
        store.dispose()
    frame = pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))
    tollgate.warehouse().replace_rows("platform.estimates", frame)
    priced = int((frame["status"] == "priced").sum())
    return dg.MaterializeResult(metadata={"dagster/row_count": len(frame), "priced": priced})


@dg.asset(
    key=["platform", "estimate_links"],
    group_name=ACT,
    kinds={"python"},
    description="Which real resources the estimates became, by the names that bills may have.",
    deps=[["platform", "decisions"]],
)
def estimate_links(tollgate: Tollgate) -> dg.MaterializeResult[None]:
    """Publishes the links that `tollgate gate link` has recorded."""
    store = tollgate.store()
    try:
        rows = link_rows(store)
    finally:
        store.dispose()
    frame = pd.DataFrame(rows, columns=list(LINK_COLUMNS))
    tollgate.warehouse().replace_rows("platform.estimate_links", frame)
    linked = len(frame[["decision_id", "address"]].drop_duplicates())
    return dg.MaterializeResult(metadata={"dagster/row_count": len(frame), "linked": linked})
