"""What bills and offer files call a thing is what plans are asked for."""

import pytest

from policies.deployment.names import aws_sku, google_sku


@pytest.mark.parametrize(
    ("usage_type", "meter"),
    [
        ("EU-InstanceUsage:db.r5.2xl", "InstanceUsage:db.r5.2xlarge"),
        ("EU-Multi-AZUsage:db.m6g.xl", "Multi-AZUsage:db.m6g.xlarge"),
        ("EU-InstanceUsageIOOptimized:db.r7g.4xl", "InstanceUsageIOOptimized:db.r7g.4xlarge"),
        ("EU-InstanceUsage:db.r5.2xlarge", "InstanceUsage:db.r5.2xlarge"),
        ("EU-InstanceUsage:db.t3.large", "InstanceUsage:db.t3.large"),
    ],
)
def test_short_size_of_a_database_is_the_class_that_a_plan_orders(
    usage_type: str, meter: str
) -> None:
    sku = aws_sku("AmazonRDS", usage_type, "eu-west-1", "CreateDBInstance:0014")
    assert sku is not None
    assert (sku.meter, sku.variant) == (meter, "postgres")


def test_units_of_serverless_databases_have_the_price_of_their_engine() -> None:
    sku = aws_sku(
        "AmazonRDS", "EU-Aurora:ServerlessV2IOOptimizedUsage", "eu-west-1", "CreateDBInstance:0021"
    )
    assert sku is not None
    assert sku.variant == "aurora-postgresql"


@pytest.mark.parametrize(
    ("service", "region", "usage_type", "meter"),
    [
        ("AmazonEKS", "us-east-1", "USE1-AmazonEKS-Hours:perCluster", "AmazonEKS-Hours:perCluster"),
        ("AmazonECS", "us-east-1", "USE1-Fargate-GB-Hours", "Fargate-GB-Hours"),
        ("AmazonECS", "eu-west-1", "EU-Fargate-GB-Hours", "Fargate-GB-Hours"),
        ("AmazonEC2", "us-east-1", "NatGateway-Hours", "NatGateway-Hours"),
        ("AmazonCloudWatch", "us-east-1", "FH-Egress-Bytes", "FH-Egress-Bytes"),
        ("AmazonEC2", "ap-south-1", "APS3-NatGateway-Hours", "NatGateway-Hours"),
        ("awskms", "us-east-1", "us-east-1-KMS-Keys", "KMS-Keys"),
        ("awskms", "eu-central-1", "eu-central-1-KMS-Keys", "KMS-Keys"),
    ],
)  # fmt: skip
def test_meter_is_named_without_its_region(
    service: str, region: str, usage_type: str, meter: str
) -> None:
    sku = aws_sku(service, usage_type, region)
    assert sku is not None
    assert sku.meter == meter


@pytest.mark.parametrize(
    ("description", "meter"),
    [
        ("CPU Allocation Time", "CPU (Request-based billing)"),
        ("Services CPU (Request-based billing)", "CPU (Request-based billing)"),
        ("Services Memory Tier 2 (Request-based billing)", "Memory (Request-based billing)"),
        ("Services CPU Tier 2  (Request-based billing)", "CPU (Request-based billing)"),
        ("Services CPU (Instance-based billing) in europe-west4", "CPU (Instance-based billing)"),
        ("Idle Min-Instance Memory Allocation Time (tier 2)",
         "Min Instance Memory (Request-based billing)"),
    ],
)  # fmt: skip
def test_meter_of_cloud_run_is_the_same_in_each_tier_and_by_its_former_name(
    description: str, meter: str
) -> None:
    assert google_sku("Cloud Run", description, "europe-west4").meter == f"Services {meter}"
