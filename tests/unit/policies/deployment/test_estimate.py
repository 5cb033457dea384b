"""Every resource is priced, or openly not: never a silent zero."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policies.deployment.attributes import Attributes
from policies.deployment.changes import ResourceChange
from policies.deployment.estimate import estimate, sample_book
from policies.deployment.evaluation import Subject, evaluate
from policies.deployment.plan import Plan, read_plan
from policies.deployment.pricing import NotKnown, NotPriced
from policies.deployment.sample import sample_prices
from policies.deployment.usage import Usage
from tests.unit.policies.deployment.made_plans import maker_of

PLANS = Path(__file__).parents[4] / "policies/examples/deployment/plans"


def cost(kind: str, region: str = "us-east-1", **values: Any) -> Decimal:
    at = Attributes(values, frozenset(), region)
    subject = Subject(kind, f"{kind}.x", frozenset())
    costs = evaluate(kind, at, subject, sample_book(), Usage())
    return sum((part.cost.likely for part in costs.parts), Decimal(0))


def change(kind: str, *actions: str, **fields: Any) -> ResourceChange:
    settings: dict[str, Any] = {"before": None, "after": None, "region": "us-east-1", **fields}
    return ResourceChange(
        f"{kind}.x", kind, maker_of(kind), actions=actions or ("create",), **settings
    )


def lines(*changes: ResourceChange) -> dict[str, Any]:
    return estimate(Plan("1.2", "1.11.4", True, False, changes)).to_dict()


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("aws_ebs_volume", {"type": "gp3", "size": 100}, "8.00"),
        ("aws_ebs_volume", {"type": "gp3", "size": 100, "iops": 4000, "throughput": 225}, "17.00"),
        ("aws_ebs_volume", {"type": "gp3", "size": 100, "iops": 3000}, "8.00"),
        ("aws_ebs_volume", {"size": 100}, "10.00"),
        ("aws_ebs_volume", {"type": "io2", "size": 2048, "iops": 1000}, "321.00"),
        ("aws_eip", {}, "3.65"),
        ("aws_instance", {"instance_type": "t3.small",
                          "root_block_device": [{"volume_type": "gp3", "volume_size": 10}]},
         "15.984"),
        ("aws_instance", {"instance_type": "m5.4xlarge",
                          "root_block_device": [{"volume_size": 10}],
                          "ebs_block_device": [{"volume_type": "gp3", "volume_size": 10}]},
         "562.44"),
        ("aws_db_instance", {"engine": "postgres", "instance_class": "db.t3.medium",
                             "allocated_storage": 50, "storage_type": "gp3"}, "58.31"),
        ("aws_db_instance", {"engine": "mysql", "instance_class": "db.m5.large",
                             "allocated_storage": 100, "iops": 1000, "multi_az": True}, "474.66"),
        ("aws_nat_gateway", {}, "37.35"),
        ("aws_lb", {"load_balancer_type": "network", "internal": True}, "20.805"),
    ],
)  # fmt: skip
def test_price_is_what_one_computes_by_hand(
    kind: str, values: dict[str, Any], expected: str
) -> None:
    assert cost(kind, **values) == Decimal(expected)


def test_regions_have_their_own_prices() -> None:
    assert cost("aws_ebs_volume", "eu-west-1", type="gp3", size=100) == Decimal("8.80")


@pytest.mark.parametrize(
    ("kind", "region", "values", "error"),
    [
        ("aws_msk_cluster", "us-east-1", {}, NotPriced),
        ("aws_instance", "ap-south-1", {"instance_type": "t3.small"}, NotPriced),
        ("aws_instance", "us-east-1", {"instance_type": "m5.nano"}, NotPriced),
        ("aws_instance", "us-east-1", {"instance_type": "p5.48xlarge"}, NotPriced),
        ("aws_instance", "us-east-1", {"instance_type": "t3.small", "tenancy": "host"}, NotPriced),
        ("aws_instance", "us-east-1", {}, NotKnown),
        ("aws_instance", "unknown", {"instance_type": "t3.small"}, NotKnown),
        ("aws_instance", "us-east-1", {"instance_type": "(sensitive)"}, NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "gp3"}, NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "gp3", "size": -5}, NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "gp3", "size": "NaN"}, NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "gp3", "size": True}, NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "gp3", "size": 10**30}, NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "gp3", "size": "1e999999"}, NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "gp3", "size": "Infinity"}, NotKnown),
        ("aws_instance", "us-east-1", {"instance_type": "t3.small", "ebs_block_device": {}},
         NotKnown),
        ("aws_instance", "us-east-1", {"instance_type": "t3.small", "ebs_block_device": ["x"]},
         NotKnown),
        ("aws_ebs_volume", "us-east-1", {"type": "novel", "size": 5}, NotPriced),
        ("aws_db_instance", "us-east-1", {"engine": "oracle-ee", "instance_class": "db.m5.large"},
         NotPriced),
    ],
)  # fmt: skip
def test_what_has_no_price_says_so(
    kind: str, region: str, values: dict[str, Any], error: type[NotPriced]
) -> None:
    with pytest.raises(error):
        cost(kind, region, **values)


def test_value_known_only_after_the_change_is_unknown() -> None:
    values: Mapping[str, Any] = {"type": "gp3"}
    line = lines(change("aws_ebs_volume", after=values, unknown=frozenset({"size"})))["lines"][0]
    assert line["status"] == "unknown"
    assert line["monthly_after"] is None


def test_unknown_size_of_one_block_makes_the_whole_unknown() -> None:
    values = {"instance_type": "t3.small", "root_block_device": [{"volume_type": "gp3"}]}
    unknown = frozenset({"root_block_device.0.volume_size"})
    line = lines(change("aws_instance", after=values, unknown=unknown))["lines"][0]
    assert line["status"] == "unknown"


@pytest.mark.parametrize(
    "path", ["root_block_device", "ebs_block_device.0", "ebs_block_device.0.volume_size"]
)
def test_unknown_block_that_is_absent_makes_the_whole_unknown(path: str) -> None:
    unknown = frozenset({path})
    after = {"instance_type": "t3.small"}
    line = lines(change("aws_instance", after=after, unknown=unknown))["lines"][0]
    assert line["status"] == "unknown"
    assert line["price_source"] is None


def test_usage_that_no_plan_tells_is_a_range_and_said() -> None:
    line = lines(change("aws_nat_gateway", after={}))["lines"][0]
    assert (line["low"], line["monthly_after"], line["high"]) == ("32.85", "37.35", "77.85")
    assert line["note"] == "assumes per month 100 GB (0 to 1,000)"


def test_all_that_is_assumed_of_a_resource_is_one_note() -> None:
    line = lines(change("aws_lambda_function", after={}))["lines"][0]
    assert line["note"] == (
        "assumes per month 1,000,000 requests (0 to 10,000,000), 0.2 seconds a request (0.05 to 1)"
    )


def test_delete_saves_and_forget_changes_nothing() -> None:
    volume = {"type": "gp3", "size": 100}
    deleted = lines(change("aws_ebs_volume", "delete", before=volume))
    assert (deleted["monthly_delta"], deleted["low"], deleted["high"]) == ("-8.00",) * 3
    forgotten = lines(change("aws_ebs_volume", "forget", before=volume))
    assert forgotten["monthly_delta"] == "0.00"
    assert forgotten["monthly_after"] == "8.00"


def test_replacement_counts_both_sides_once() -> None:
    before, after = {"type": "gp2", "size": 100}, {"type": "gp3", "size": 100}
    for order in (("delete", "create"), ("create", "delete")):
        found = lines(change("aws_ebs_volume", *order, before=before, after=after))
        assert found["monthly_delta"] == "-2.00"


def test_replacement_in_another_region_is_priced_where_each_side_is() -> None:
    before = {"type": "gp3", "size": 100, "availability_zone": "us-east-1a"}
    after = {"type": "gp3", "size": 100, "availability_zone": "eu-west-1a"}
    moved = change("aws_ebs_volume", "delete", "create", before=before, after=after,
                   region="eu-west-1", region_before="us-east-1")  # fmt: skip
    found = lines(moved)
    assert (found["monthly_before"], found["monthly_after"]) == ("8.00", "8.80")


def test_replacement_that_only_forgets_pays_for_both() -> None:
    before, after = {"type": "gp2", "size": 100}, {"type": "gp3", "size": 100}
    found = lines(change("aws_ebs_volume", "create", "forget", before=before, after=after))
    assert (found["monthly_before"], found["monthly_after"]) == ("10.00", "18.00")
    assert (found["low"], found["high"]) == ("8.00", "8.00")
    assert "runs on" in found["lines"][0]["note"]


def test_coverage_counts_what_is_not_priced_against_it() -> None:
    found = lines(
        change("aws_ebs_volume", after={"type": "gp3", "size": 1}),
        change("aws_msk_cluster", after={}),
        change("aws_iam_role", after={}),
    )
    assert found["coverage_pct"] == 50
    assert lines()["coverage_pct"] == 100


def test_free_resources_do_not_dilute_the_coverage() -> None:
    unknown_type = change("aws_instance", after={"instance_type": "u-24tb1.metal"})
    free = [change("null_resource", after={}) for _ in range(8)]
    assert lines(unknown_type, *free)["coverage_pct"] == 0
    assert lines(*free)["coverage_pct"] == 100


def test_totals_are_the_sums_of_the_rounded_lines() -> None:
    for name in ("create", "change"):
        found = estimate(read_plan(PLANS / f"{name}.json")).to_dict()
        for field in ("monthly_before", "monthly_after", "low", "high"):
            parts = [Decimal(line[field]) for line in found["lines"] if line[field] is not None]
            assert Decimal(found[field]) == sum(parts)


def test_every_price_of_the_sample_has_a_source_a_date_and_a_currency() -> None:
    for sku, price in sample_prices().prices.items():
        assert (price.kind, price.currency) == ("sample", "USD"), sku
        assert price.price > 0
        assert price.date == "2026-09-01"
