"""What bills and offer files call a thing is what plans are asked for."""

import pytest

from policies.deployment.names import aws_sku


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
