"""What the company itself knows: business drivers for unit costs, and its resource inventory."""

from __future__ import annotations

from orchestration.ingest.contract import Column, Feed, Measure

FEEDS = (
    Feed(
        name="business_drivers",
        kind="drivers",
        description="Daily business volumes (requests, orders, tenants), by product and tenant",
        columns=(
            Column("metric_date", "date", required=True),
            Column("metric", required=True),  # 'requests', 'orders', 'active_tenants'
            Column("product"),
            Column("tenant_id"),
            Column("quantity", "decimal", required=True),
            Column("unit"),
        ),
        billing_period="strftime(metric_date, '%Y-%m')",
        period_columns=("metric_date",),
        amount="quantity",
        currency=None,
        account=None,
        usage="metric_date",
        signature=(("metric_date",), ("metric",)),
        measures=(Measure("quantity", "quantity"),),
    ),
    Feed(
        name="resource_inventory",
        kind="inventory",
        description="Daily snapshots of resources with state, owner and utilisation",
        columns=(
            Column("snapshot_date", "date", required=True),
            Column("provider", required=True),  # as FOCUS ServiceProviderName
            Column("account_id", required=True),
            Column("region"),
            Column("resource_id", required=True),
            Column("resource_type", required=True),  # 'ec2_instance', 'ebs_volume', …
            Column("resource_name"),
            Column("state"),  # 'running', 'stopped', 'in-use', 'available'
            Column("attached_to"),
            Column("instance_type"),
            Column("size_gb", "decimal"),
            Column("created_at", "timestamp"),
            Column("last_used_at", "timestamp"),
            Column("cpu_avg_pct", "decimal"),  # over the 14 days before the snapshot
            Column("cpu_max_pct", "decimal"),
            Column("network_bytes_per_day", "decimal"),
            Column("managed_by"),  # 'terraform', …; null where nothing claims it
            Column("tags", "json"),
        ),
        billing_period="strftime(snapshot_date, '%Y-%m')",
        period_columns=("snapshot_date",),
        amount=None,
        currency=None,
        account=None,
        usage="snapshot_date",
        signature=(("snapshot_date",), ("resource_id",), ("resource_type",)),
    ),
)
