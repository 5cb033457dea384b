"""Kubernetes: what each workload used of the nodes that the cloud bill charges, by OpenCost.

This is a usage feed: it splits charges of the bill and is never added to them.
"""

from __future__ import annotations

from orchestration.ingest.contract import Column, Feed, Measure

# `/allocation` answers {"data": [{"<workload>": {…}, …}, …]}: one set of workloads per window.
_ALLOCATIONS = """
    SELECT unnest(list_transform(json_keys(s), lambda k: json_extract(s, json_pointer(k)))) AS j
    FROM (SELECT unnest(json_extract(j, '$.data[*]')) AS s FROM {documents})
    WHERE json_type(s) = 'OBJECT'
"""

FEEDS = (
    Feed(
        name="kubernetes_opencost",
        kind="usage",
        description="OpenCost allocation: the CSV export, or the JSON of /allocation",
        columns=(
            Column("window_start", "timestamp", required=True, aliases=("Date", "start")),
            Column("window_end", "timestamp", aliases=("end",)),
            Column("name"),
            Column("cluster", aliases=("properties_cluster",)),
            Column("node", aliases=("properties_node",)),
            Column("provider_id", aliases=("properties_provider_id",)),
            Column("namespace", required=True, aliases=("properties_namespace",)),
            Column("controller_kind", aliases=("properties_controller_kind",)),
            Column("controller", aliases=("ControllerName", "properties_controller")),
            Column("pod", aliases=("properties_pod",)),
            Column("container", aliases=("properties_container",)),
            Column("labels", "json", aliases=("properties_labels",)),
            Column("cpu_core_hours", "decimal"),
            Column("ram_byte_hours", "decimal"),
            Column("cpu_cost", "decimal"),
            Column("ram_cost", "decimal"),
            Column("pv_cost", "decimal"),
            Column("network_cost", "decimal"),
            Column("gpu_cost", "decimal"),
            Column("load_balancer_cost", "decimal"),
            Column("shared_cost", "decimal"),
            Column("external_cost", "decimal"),
            Column("total_cost", "decimal", required=True),
            Column("currency", required=True),
        ),
        billing_period="strftime(window_start, '%Y-%m')",
        period_columns=("window_start",),
        amount="total_cost",
        currency="currency",
        account="cluster",
        usage="window_start",
        signature=(
            ("total_cost",),
            ("namespace", "properties_namespace"),
            ("ControllerName", "cpu_core_hours", "properties_cluster"),
        ),
        measures=(Measure("total_cost", "total_cost"),),
        json_rows=_ALLOCATIONS,
    ),
)
