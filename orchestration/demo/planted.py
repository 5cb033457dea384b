"""What is planted in Acme's bills: anomalies, harmless look-alikes and waste, as data.

The catalogues turn these into charges and `truth.py` writes them down, so that a detector can be
measured against what really happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from orchestration.demo.company import (
    AWS_ACCOUNTS,
    AZURE_SUBSCRIPTIONS,
    GCP_PROJECTS,
    SAAS_PROVIDER,
)

Kind = Literal["spike", "level_shift", "drop", "new_spend"]


@dataclass(frozen=True)
class Anomaly:
    """A change of cost that somebody should have been told about."""

    anomaly_id: str
    provider: str
    sub_account_id: str
    service_name: str
    currency: str
    kind: Kind
    start: str
    end: str | None
    """Exclusive; None where it lasts."""
    sku: str
    """Key of the price in the provider's catalogue."""
    resource: str
    daily: float
    """Quantity per resource and day; for a drop, what is no longer used."""
    product: str
    cause: str
    count: int = 1
    hard: bool = False
    """Small against the noise: finding it is a bonus."""
    announced: bool = False
    """Its owner put it into the calendar of planned events: telling anybody is a false alarm."""


_AWS = {name: AWS_ACCOUNTS[name] for name in AWS_ACCOUNTS}
_AZURE = {name: ids[0] for name, ids in AZURE_SUBSCRIPTIONS.items()}
_GCP = {name: ids[0] for name, ids in GCP_PROJECTS.items()}

# fmt: off
ANOMALIES: tuple[Anomaly, ...] = (
    Anomaly(
        "a01", "AWS", _AWS["prod"], "Amazon Elastic Compute Cloud", "USD", "spike",
        "2025-11-11", "2025-11-13", "nat_bytes", "nat-retry-storm", 8200.0, "checkout",
        "a retry storm of the payment workers sent 8 TB a day through a NAT gateway",
    ),
    Anomaly(
        "a02", "AWS", _AWS["data"], "Amazon Simple Storage Service", "USD", "level_shift",
        "2026-01-14", None, "s3_storage", "acme-events-archive", 2400.0, "analytics",
        "versioning was switched on without a lifecycle rule: old versions are kept for ever",
    ),
    Anomaly(
        "a03", "Google Cloud", _GCP["prod"], "BigQuery", "USD", "spike",
        "2026-03-05", "2026-03-07", "bq_analysis", "bq-adhoc", 44.0, "search",
        "an ad-hoc report scanned the whole click table at every refresh",
    ),
    Anomaly(
        "a04", "Microsoft", _AZURE["prod"], "Log Analytics", "EUR", "level_shift",
        "2026-05-12", "2026-06-02", "log_ingestion", "law-acme-prod-audit", 28.0, "analytics",
        "diagnostic settings sent every audit category to the workspace for three weeks",
    ),
    Anomaly(
        "a05", "AWS", _AWS["dev"], "Amazon SageMaker", "USD", "new_spend",
        "2026-06-23", "2026-07-09", "sagemaker_notebook", "notebook-ranking-poc", 24.0, "search",
        "notebooks of a proof of concept were never stopped", count=4,
    ),
    Anomaly(
        "a06", "AWS", _AWS["dev"], "Amazon Elastic Compute Cloud", "USD", "level_shift",
        "2026-09-08", "2026-09-19", "ec2_g4dn.2xlarge", "gpu-experiment", 24.0, "search",
        "GPU machines of an experiment were left running", count=6,
    ),
    Anomaly(
        "a07", "Google Cloud", _GCP["prod"], "Compute Engine", "USD", "drop",
        "2026-09-15", None, "n2_core", "vm-reindex", 1280.0, "search",
        "the nightly re-index no longer starts: search results grow stale",
    ),
    Anomaly(
        "a08", "AWS", _AWS["prod"], "AWS Lambda", "USD", "spike",
        "2026-09-29", "2026-09-30", "lambda_gb_second", "fn-order-events", 9_000_000.0, "checkout",
        "a function triggered itself through its own output queue",
    ),
    Anomaly(
        "a09", "Microsoft", _AZURE["prod"], "SQL Database", "EUR", "level_shift",
        "2026-10-02", None, "sql_vcore", "sql-acme-insights-tier", 240.0, "analytics",
        "the insights database was moved to a larger tier and not moved back",
    ),
    Anomaly(
        "a10", "AWS", _AWS["prod"], "AmazonCloudWatch", "USD", "level_shift",
        "2026-10-13", None, "cw_logs_ingest", "/acme/checkout/debug", 110.0, "checkout",
        "debug logging was left on after an incident",
    ),
    Anomaly(
        "a11", "Google Cloud", _GCP["ml"], "Vertex AI", "USD", "new_spend",
        "2026-10-17", None, "vertex_endpoint", "endpoint-recommender", 96.0, "search",
        "a model endpoint was deployed without a budget",
    ),
    Anomaly(
        "a12", "AWS", _AWS["data"], "Amazon Simple Storage Service", "USD", "level_shift",
        "2026-08-31", None, "s3_storage", "acme-migration-dump", 700.0, "analytics",
        "a database dump of a migration that has ended was never deleted", hard=True,
    ),
    Anomaly(
        "a13", SAAS_PROVIDER, "acme-production", "Beacon Metrics", "USD", "spike",
        "2026-10-08", "2026-10-11", "custom_metrics", "metrics-overage", 1500.0, "platform",
        "a release added the order id as a label of a metric",
    ),
    Anomaly(
        "a14", "AWS", _AWS["prod"], "AWS Data Transfer", "USD", "spike",
        "2026-10-20", "2026-10-22", "dt_interregion", "i-replay-job", 1100.0, "search",
        "a back-fill read its input from another region", hard=True,
    ),
    Anomaly(
        "p01", "AWS", _AWS["prod"], "Amazon Elastic Compute Cloud", "USD", "spike",
        "2026-04-14", "2026-04-16", "ec2_c5.2xlarge", "load-test", 24.0, "storefront",
        "the load test before the summer campaign", count=24, announced=True,
    ),
)
# fmt: on


@dataclass(frozen=True)
class Benign:
    """A visible change that is no anomaly: reporting it is a false alarm."""

    benign_id: str
    provider: str
    sub_account_id: str | None
    service_name: str | None
    start: str
    end: str | None
    what: str


# fmt: off
BENIGN: tuple[Benign, ...] = (
    Benign("b01", "AWS", None, "AWS Support (Business)", "2025-09-01", None,
           "the support fee is charged once a month, on the first day"),
    Benign("b02", "AWS", None, None, "2025-09-01", None,
           "tax is charged once a month, dated the first day"),
    Benign("b03", "Microsoft", None, "Virtual Machines", "2025-09-01", None,
           "reservation and savings plan purchases are billed on the first day of each month"),
    Benign("b04", "AWS", _AWS["data"], "Amazon Relational Database Service", "2026-02-10", None,
           "a planned purchase: reserved database instances, paid upfront, cheaper from then on"),
    Benign("b05", "AWS", None, None, "2025-11-27", "2025-12-02",
           "the shopping campaign: requests and cost rise together"),
    Benign("b06", "Google Cloud", None, "BigQuery", "2025-09-01", None,
           "month-end reporting runs on the last two days of every month"),
    Benign("b07", SAAS_PROVIDER, None, None, "2025-09-01", None,
           "the platform subscription is charged on the first day of each month"),
    Benign("b08", "Microsoft", None, None, "2025-09-01", None,
           "the marketplace subscription is charged on the fifth day of each month"),
    Benign("b09", "AWS", None, None, "2026-02-01", "2026-03-01",
           "February has fewer days: monthly totals fall, daily cost does not"),
    Benign("b10", "AWS", _AWS["dev"], None, "2025-09-01", None,
           "development machines run on office days only"),
)
# fmt: on


@dataclass(frozen=True)
class Volume:
    """An unattached disk: waste, or something that only looks like it."""

    name: str
    provider: str
    account: str
    sku: str
    size_gb: int
    product: str
    environment: str
    last_used: str
    why_not: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    managed_by: str | None = None
    is_waste: bool = True
    """False for what only looks like waste for a while."""


@dataclass(frozen=True)
class IdleInstance:
    """A machine that runs and does nothing, or only seems to."""

    name: str
    provider: str
    account: str
    sku: str
    instance_type: str
    product: str
    environment: str
    cpu_avg: float
    cpu_max: float
    why_not: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    managed_by: str | None = None
    is_waste: bool = True
    """False for what only looks like waste for a while."""


_PROTECTED = {"tollgate:protected": "true"}

# fmt: off
VOLUMES: tuple[Volume, ...] = (
    Volume("vol-old-etl-scratch", "AWS", "data", "ebs_gp3", 1000, "analytics", "staging",
           "2026-05-18"),
    Volume("vol-old-etl-output", "AWS", "data", "ebs_gp2", 800, "analytics", "staging",
           "2026-06-02"),
    Volume("vol-loadtest-a", "AWS", "dev", "ebs_gp2", 500, "checkout", "dev",
           "2026-07-07"),
    Volume("vol-loadtest-b", "AWS", "dev", "ebs_gp2", 500, "checkout", "dev",
           "2026-07-07"),
    Volume("vol-search-poc", "AWS", "dev", "ebs_io2", 400, "search", "dev",
           "2026-08-11"),
    Volume("vol-jenkins-old", "AWS", "shared", "ebs_gp3", 300, "platform", "staging",
           "2026-04-21"),
    Volume("vol-web-cache", "AWS", "dev", "ebs_gp3", 200, "storefront", "dev",
           "2026-08-30"),
    Volume("vol-migration-tmp", "AWS", "shared", "ebs_gp3", 1500, "platform", "staging",
           "2026-09-04"),
    Volume("vol-ledger-archive", "AWS", "prod", "ebs_gp3", 600, "checkout", "prod",
           "2026-03-30",
           "the volume carries the tag tollgate:protected=true", _PROTECTED),
    Volume("vol-search-replica", "AWS", "data", "ebs_gp3", 400, "search", "staging",
           "2026-07-15",
           "the volume is managed by terraform", {}, "terraform"),
    Volume("vol-batch-rotating", "AWS", "data", "ebs_gp3", 500, "analytics", "staging",
           "2026-10-25",
           "the volume was attached until three days ago", is_waste=False),
    Volume("disk-insights-old", "Microsoft", "dev", "disk_p20", 512, "analytics", "dev",
           "2026-06-20"),
)
# fmt: on

# fmt: off
IDLE_INSTANCES: tuple[IdleInstance, ...] = (
    IdleInstance("idle-legacy-report", "AWS", "data", "ec2_m4.xlarge", "m4.xlarge",
                 "analytics", "staging", 0.8, 2.1),
    IdleInstance("idle-loadtest-driver", "AWS", "dev", "ec2_c5.2xlarge", "c5.2xlarge",
                 "checkout", "dev", 0.4, 1.6),
    IdleInstance("idle-search-poc", "AWS", "dev", "ec2_r5.xlarge", "r5.xlarge",
                 "search", "dev", 1.1, 3.0),
    IdleInstance("idle-old-bastion", "AWS", "shared", "ec2_t3.large", "t3.large",
                 "platform", "staging", 0.6, 2.4),
    IdleInstance("idle-demo-shop", "AWS", "dev", "ec2_t3.xlarge", "t3.xlarge",
                 "storefront", "dev", 0.9, 2.8),
    IdleInstance("nightly-settlement", "AWS", "data", "ec2_c5.xlarge", "c5.xlarge",
                 "checkout", "staging", 2.9, 96.0,
                 "it works at full load for a while every night", is_waste=False),
    IdleInstance("standby-gateway", "AWS", "shared", "ec2_t3.large", "t3.large",
                 "platform", "staging", 0.5, 1.9,
                 "the instance is managed by terraform", {}, "terraform"),
    IdleInstance("licence-server", "AWS", "prod", "ec2_t3.medium", "t3.medium",
                 "platform", "prod", 0.7, 2.2,
                 "the instance carries the tag tollgate:protected=true", _PROTECTED),
    IdleInstance("vm-idle-labeller", "Google Cloud", "ml", "e2_core", "e2-standard-4",
                 "search", "dev", 0.7, 2.5),
)
# fmt: on
