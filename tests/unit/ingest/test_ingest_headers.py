"""How headers find their contract columns, and what the registry must hold for every feed."""

from __future__ import annotations

import re

import pytest

from orchestration.ingest.contract import META_COLUMNS, Feed
from orchestration.ingest.errors import IngestError
from orchestration.ingest.headers import mark, match, snake, squash
from orchestration.ingest.recognition import candidates
from orchestration.ingest.registry import FEEDS


@pytest.mark.parametrize(
    ("header", "folded"),
    [
        ("regionCode", "region_code"),
        ("fromLocationType", "from_location_type"),
        ("instance Type", "instance_type"),
        ("memory-GiB", "memory_gi_b"),
    ],
)
def test_legacy_product_names_fold_as_aws_folds_them(header: str, folded: str) -> None:
    assert snake(header) == folded


def test_all_spellings_of_a_header_squash_alike() -> None:
    spellings = ["lineItem/UnblendedCost", "line_item_unblended_cost", "Line Item Unblended Cost"]
    assert {squash(spelling) for spelling in spellings} == {"lineitemunblendedcost"}
    assert mark("lineItem/UnblendedCost") != mark("line_item_unblended_cost")


def test_own_name_wins_over_an_alias() -> None:
    plan = match(FEEDS["azure_actual"], ["CostInBillingCurrency", "Cost", "Date"])
    assert plan.columns["cost"] == 1
    assert plan.unknown == [0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Billed_Cost", "BilledCost"),
        ("BilledCost", "BilledCost"),
        ("EffectiveCost", "effective cost"),
        ("BillingCurrency", "billing_currency"),
        ("BillingAccountId", "Billing Account ID"),
        ("BillingPeriodStart", "billingperiodstart"),
    ],
)
def test_two_headers_for_one_decisive_column_are_refused(one: str, other: str) -> None:
    with pytest.raises(IngestError) as caught:
        match(FEEDS["focus"], ["RegionId", one, "Tags", other], "bill.csv")
    assert f"bill.csv: headers {one!r} and {other!r} could each be" in str(caught.value)
    assert "Remove or rename" in str(caught.value)


def test_the_contracts_own_spelling_wins_over_a_similar_one() -> None:
    plan = match(FEEDS["focus"], ["Region-Id", "region_id"])
    assert plan.columns["region_id"] == 1
    assert plan.unknown == [0]


def test_region_without_a_region_code_is_the_region() -> None:
    feed = FEEDS["aws_cur_legacy"]
    assert match(feed, ["product/region"]).columns["product_region_code"] == 0
    both = match(feed, ["product/region", "product/regionCode"])
    assert both.columns["product_region_code"] == 1
    assert both.folds["product"] == [("region", 0)]


def test_a_copy_is_left_out_only_beside_its_original() -> None:
    feed = FEEDS["gcp_detailed"]
    assert match(feed, ["credits", "credits_amount"]).unknown == []
    assert match(feed, ["credits_amount"]).folds["credits"] == [("amount", 0)]
    assert match(feed, ["service"]).unknown == [0]


@pytest.mark.parametrize("feed", FEEDS.values(), ids=lambda feed: feed.name)
def test_feed_is_complete_and_consistent(feed: Feed) -> None:
    names = [column.name for column in feed.columns]
    assert len(names) == len(set(names))
    assert not set(names) & {column.name for column in META_COLUMNS}
    assert re.fullmatch(r"[a-z][a-z0-9_]*", feed.name)
    referenced = [feed.usage, *feed.period_columns, *(m.column for m in feed.measures)]
    referenced += [c for c in (feed.amount, feed.currency, feed.account) if c]
    referenced += [fold.column for fold in feed.folds]
    assert set(referenced) <= set(names)
    assert all(column in feed.billing_period for column in feed.period_columns)
    assert feed.signature
    if feed.amount:
        assert feed.measures[0].column == feed.amount


@pytest.mark.parametrize("feed", FEEDS.values(), ids=lambda feed: feed.name)
def test_a_feeds_own_column_names_are_recognised_as_it(feed: Feed) -> None:
    headers = [column.name for column in feed.columns]
    if feed.name == "aws_cur_legacy":
        headers += ["lineItem/UsageStartDate"]
        headers.remove("line_item_usage_start_date")
    if feed.name == "gcp_standard":
        headers = [header for header in headers if not header.startswith("resource_")]
    found = candidates(headers)
    assert feed in found
    assert {other.columns for other in found} == {feed.columns}


def test_contract_version_follows_the_columns() -> None:
    assert len({feed.contract_version for feed in FEEDS.values()}) == len(
        {(feed.columns, feed.folds, feed.renames) for feed in FEEDS.values()}
    )
