"""A rate card is read as it was written, or not at all."""

import json
import stat
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.deployment.changes import ResourceChange
from policies.deployment.estimate import estimate
from policies.deployment.estimated import farthest
from policies.deployment.plan import Plan, read_plan
from policies.deployment.pricing import (
    LIST,
    Amount,
    NotPriced,
    PriceBook,
    PriceList,
    Sku,
)
from policies.deployment.ratecard import (
    PUBLIC_KEY,
    SIGNING_KEY,
    RateCardError,
    names_of,
    read_card,
    write_card,
    write_keys,
)
from policies.deployment.sources import open_sources
from policies.deployment.units import converted, plain
from tests.unit.policies.deployment.made_plans import AWS
from tests.unit.policies.deployment.rate_cards import CONTENT, VOLUME

PLANS = Path(__file__).parents[4] / "policies/examples/deployment/plans"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    private, public = write_keys(tmp_path / "keys")
    return {SIGNING_KEY: private.read_text(), PUBLIC_KEY: public.read_text()}


def test_signed_card_is_verified_by_the_public_key_alone(
    tmp_path: Path, keys: dict[str, str]
) -> None:
    assert write_card(tmp_path / "rates.json", CONTENT, keys) == "signed"
    card = read_card(tmp_path / "rates.json", {PUBLIC_KEY: keys[PUBLIC_KEY]})
    assert card.signature == "verified"
    assert read_card(tmp_path / "rates.json", {}).signature == "not_checked"


def test_private_key_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    private, _ = write_keys(tmp_path)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_keys(tmp_path)


def test_unsigned_card_is_said_and_refused_where_a_key_is_set(
    tmp_path: Path, keys: dict[str, str]
) -> None:
    assert write_card(tmp_path / "rates.json", CONTENT, {}) == "unsigned"
    assert read_card(tmp_path / "rates.json", {}).signature == "unsigned"
    with pytest.raises(RateCardError, match="unsigned, but"):
        read_card(tmp_path / "rates.json", keys)


@pytest.mark.parametrize("again", [False, True])
def test_tampered_card_is_refused(tmp_path: Path, keys: dict[str, str], again: bool) -> None:
    path = tmp_path / "rates.json"
    write_card(path, CONTENT, keys)
    document = json.loads(path.read_text())
    document["rates"][0]["price"] = document["rates"][0]["low"] = "0.0001"
    if again:
        # Whoever computes the digest anew still has not the key.
        signature = document["signature"]
        write_card(path, {k: document[k] for k in CONTENT}, {})
        document = json.loads(path.read_text()) | {"signature": signature}
    path.write_text(json.dumps(document))
    with pytest.raises(RateCardError, match=r"not of the key|its digest"):
        read_card(path, keys)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "tollgate/rates/v2"}', '{"schema": "tollgate/rates/v1"}']
)
def test_what_is_no_card_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "rates.json").write_text(text)
    with pytest.raises(RateCardError, match=r"rates\.json"):
        read_card(tmp_path / "rates.json", {})


@pytest.mark.parametrize(
    "change", [{"price": "-1"}, {"low": "0.2"}, {"unit": "parsec"}, {"price": None}, {"high": "x"}]
)
def test_rate_without_sense_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    write_card(tmp_path / "rates.json", {**CONTENT, "rates": [{**VOLUME, **change}]}, {})
    with pytest.raises(RateCardError):
        read_card(tmp_path / "rates.json", {})


def test_own_rate_comes_before_the_sample_with_its_spread_and_date(tmp_path: Path) -> None:
    write_card(tmp_path / "rates.json", CONTENT, {})
    sources = open_sources("USD", rates=tmp_path / "rates.json")
    found = estimate(read_plan(PLANS / "create.json"), sources.book).to_dict()
    line = next(x for x in found["lines"] if x["address"] == 'aws_ebs_volume.data["a"]')
    assert (line["low"], line["monthly_after"], line["high"]) == ("6.00", "7.00", "8.00")
    assert line["price_source"]["kind"] == "own"
    assert line["price_source"]["date"] == "2026-09-30"
    assert line["price_source"]["dispersion"] == "0.285714285714"
    assert line["committed_after"] == "5.00"
    assert found["price_sources"]["own"] == 3
    # A line is as good as its weakest price: the machine's own disk has one, the machine has none.
    web = next(x for x in found["lines"] if x["address"] == "aws_instance.web[0]")
    assert web["price_source"]["kind"] == "sample"
    assert {part["price_source"]["kind"] for part in web["parts"]} == {"sample", "own"}


def test_what_commitments_pay_of_a_line_is_told(tmp_path: Path) -> None:
    write_card(tmp_path / "rates.json", CONTENT, {})
    sources = open_sources("USD", rates=tmp_path / "rates.json")
    line = estimate(volume("delete"), sources.book).to_dict()["lines"][0]
    # 100 GB at 0.05, of which 60 % are paid for at the uncovered 0.07.
    assert (line["committed_before"], line["covered_before"]) == ("5.00", "0.80")
    assert line["covered_after"] == "0.00"


def test_nothing_is_covered_where_no_commitment_is_known() -> None:
    line = estimate(volume("create")).to_dict()["lines"][0]
    assert (line["covered_before"], line["covered_after"]) == ("0.00", "0.00")


def test_own_rate_is_compared_with_the_list_but_not_with_the_sample(tmp_path: Path) -> None:
    write_card(tmp_path / "rates.json", CONTENT, {})
    book = open_sources("USD", rates=tmp_path / "rates.json").book
    sku = Sku("aws", "AmazonEC2", "EBS:VolumeUsage.gp3", "", "us-east-1")
    assert book.price(sku, "gb_month").list_ratio is None
    listed = replace(book.price(sku, "gb_month"), kind=LIST, price=Decimal("0.28"))
    beside = PriceBook([*book.lists, PriceList("list", {sku: listed})], "USD")
    line = estimate(volume("create"), beside).to_dict()["lines"][0]
    assert line["price_source"]["list_ratio"] == "0.25"
    assert line["parts"][0]["list_price"] == "0.28"
    assert line["monthly_after"] == "7.00"
    foreign = PriceList("list", {sku: replace(listed, currency="EUR")})
    other = PriceBook([*book.lists, foreign], "USD")
    assert other.price(sku, "gb_month").list_ratio is None


def test_line_names_the_price_that_is_farthest_from_the_list() -> None:
    ratios = [None, Decimal("0.9"), Decimal("0.4"), Decimal("2.4")]
    assert farthest(ratios) == "0.4"
    assert farthest([*ratios, Decimal("2.6")]) == "2.6"
    assert farthest([None]) is None


def volume(action: str) -> Plan:
    values = {"type": "gp3", "size": 100}
    before, after = (values, None) if action == "delete" else (None, values)
    kind = "aws_ebs_volume"
    change = ResourceChange(f"{kind}.x", kind, AWS, "us-east-1", (action,), before, after)
    return Plan("1.2", "1.11.4", True, False, (change,))


def test_price_in_another_currency_is_not_used(tmp_path: Path) -> None:
    euro = {**VOLUME, "currency": "EUR"}
    write_card(tmp_path / "rates.json", {**CONTENT, "rates": [euro]}, {})
    card = read_card(tmp_path / "rates.json", {})
    sku = Sku("aws", "AmazonEC2", "EBS:VolumeUsage.gp3", "", "us-east-1")
    with pytest.raises(NotPriced, match="there is one in EUR"):
        PriceBook([card.prices], "USD").price(sku, "gb_month")
    assert PriceBook([card.prices], "EUR").price(sku, "gb_month").kind == "own"


def test_history_is_found_by_the_id_that_plans_have(tmp_path: Path) -> None:
    write_card(tmp_path / "rates.json", CONTENT, {})
    history = read_card(tmp_path / "rates.json", {}).history
    key = ("nat-0123456", "AmazonEC2", "NatGateway-Bytes")
    assert history[key] == Amount(Decimal(10), Decimal(20), Decimal(40))


def test_history_of_two_resources_of_one_name_is_nobodys(tmp_path: Path) -> None:
    other = {**CONTENT["usage"][0], "resource_id": "arn:aws:ec2:eu-west-1:2:natgateway/nat-0123456"}
    write_card(tmp_path / "rates.json", {**CONTENT, "usage": [CONTENT["usage"][0], other]}, {})
    history = read_card(tmp_path / "rates.json", {}).history
    assert ("nat-0123456", "AmazonEC2", "NatGateway-Bytes") not in history


def test_names_of_a_resource_at_google_lose_their_host() -> None:
    name = "//compute.googleapis.com/projects/a/zones/z/instances/i"
    assert "projects/a/zones/z/instances/i" in names_of(name)


@pytest.mark.parametrize(
    ("unit", "name", "factor"),
    [("Hrs", "hour", 1), ("100 Hours", "hour", 100), ("10K", "count", 10_000),
     ("1 GB/Month", "gb_month", 1), ("1/Month", "month", 1), ("GB-Mo", "gb_month", 1),
     ("1M", "count", 1_000_000), ("GiBy.h", "gb_hour", 1), ("1 GB Second", "gb_second", 1),
     ("1/Day", "day", 1), ("tebibyte", "gb", 1024), ("furlongs", "", 1)],
)  # fmt: skip
def test_units_of_bills_and_lists_are_plain(unit: str, name: str, factor: int) -> None:
    assert plain(unit) == (name, Decimal(factor))


@given(st.decimals(min_value="0.000001", max_value="1000000", places=6))
def test_price_survives_its_way_through_another_unit(price: Decimal) -> None:
    monthly = converted(price, "gb_hour", "gb_month")
    assert monthly is not None
    assert monthly == price * 730
    back = converted(monthly, "gb_month", "gb_hour")
    assert back is not None
    assert abs(back - price) < Decimal("1e-12")
    assert converted(price, "gb_hour", "month") is None


def test_rate_of_nothing_is_no_price(tmp_path: Path) -> None:
    free = {**VOLUME, "price": "0", "low": "0", "high": "0"}
    write_card(tmp_path / "rates.json", {**CONTENT, "rates": [free]}, {})
    assert read_card(tmp_path / "rates.json", {}).prices.prices == {}


def test_rate_from_fewer_line_items_than_the_card_demands_is_refused(tmp_path: Path) -> None:
    write_card(tmp_path / "rates.json", {**CONTENT, "rates": [{**VOLUME, "line_items": 9}]}, {})
    with pytest.raises(RateCardError, match=r"rates\[0\] is from 9 line items, fewer than the 10"):
        read_card(tmp_path / "rates.json", {})


def test_gate_is_told_from_how_many_line_items_rates_are(tmp_path: Path) -> None:
    write_card(tmp_path / "rates.json", CONTENT, {})
    assert read_card(tmp_path / "rates.json", {}).about()["min_line_items"] == 10
