"""Kubernetes: what OpenCost says each workload used of the nodes that the cloud bill already charges.

This is a usage feed: it splits charges of the bill and is never added to them.
"""

from __future__ import annotations

from orchestration.ingest.contract import Column, Feed

FEEDS = (
    Feed(
        name="kubernetes_opencost",
        kind="usage",
        description="OpenCost allocation: the CSV export, or the JSON of /allocation",
        columns=(
            Column("window_start", "timestamp", required=True, aliases=("Date", "start")),
            Column("window_end", "timestamp", aliases=("end",)),
            Column("name"),
            Column("cluster"),
            Column("node"),
            Column("provider_id"),
            Column("namespace", required=True),
            Column("controller_kind"),
            Column("controller", aliases=("ControllerName",)),
            Column("pod"),
            Column("container"),
            Column("labels", "json"),
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
        amount="total_cost",
        currency="currency",
        account="cluster",
    ),
)
