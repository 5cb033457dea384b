"""States are told from plans, secrets are left behind, and an address leads to its billed ids."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from policies.decisions import Record
from policies.deployment.billed import NotBilled, billed_apart, billed_names
from policies.deployment.budget import Budget
from policies.deployment.gate import build_question
from policies.deployment.links import LinkError, Linking, link_rows, match, record_links
from policies.deployment.plan import read_plan
from policies.deployment.recorded import ESTIMATE_COLUMNS, estimate_rows
from policies.deployment.state import StateError, StateResource, parse_state, read_state
from policies.models import Decision, engine_finding
from policies.store import open_store

PLANS = Path(__file__).parents[4] / "policies/examples/deployment/plans"
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
BUDGET = Budget("default", "USD", Decimal(9000), Decimal(0), Decimal(0), "stated")
STATE: dict[str, Any] = {
    "format_version": "1.0",
    "values": {"root_module": {"resources": []}},
}


@pytest.fixture
def changed() -> Record:
    """The decision on `change.json`: resized, replaced in both orders, moved, let go, removed.

    Without the machine's public address, which is billed under an id of its own.
    """
    question = build_question(read_plan(PLANS / "change.json"), BUDGET, "development", now=NOW)
    for line in question["estimate"]["lines"]:
        line["parts"] = [part for part in line["parts"] if part["service"] != "AmazonVPC"]
    decision = Decision("d-1", "deployment", True, (), (), (), (), "", "", "", NOW)
    return Record(decision, "local@local", question)


def links(found: Linking) -> dict[str, list[list[str]]]:
    return {link.address: link.names for link in found.links}


def after_the_apply() -> list[StateResource]:
    """The state of `state.json`, with what `change.json` replaces and moves having been done."""
    text = (PLANS / "state.json").read_text()
    text = text.replace("vol-53e4818c2699d9e93", "vol-0aaaaaaaaaaaaaaa1")
    text = text.replace("vol-c83c13b8760eef444", "vol-0aaaaaaaaaaaaaaa2")
    return parse_state(json.loads(text.replace("old_name", "new_name")))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("create.json", "this is a plan"),
        ("errored.json", "this is a plan"),
        ("terraform_tfstate.json", "holds secrets"),
        ("binary.tfplan", "not JSON"),
        ("nowhere.json", "cannot be read"),
    ],
)
def test_what_is_no_printed_state_is_refused_by_name(file: str, said: str) -> None:
    with pytest.raises(StateError, match=said) as error:
        read_state(PLANS / file)
    assert str(error.value).startswith(str(PLANS / file))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format_version": None}, "no format_version"),
        ({"format_version": "2.0"}, "only 1.x"),
        ({"values": None}, "is empty"),
        ({"values": {"root_module": []}}, "root_module is a list"),
        ({"values": {"root_module": {"resources": {}}}}, "resources is an object"),
        ({"values": {"root_module": {"resources": [1]}}}, "resources.0. is a number"),
        ({"values": {"root_module": {"resources": [{}]}}}, "address is missing"),
    ],
)
def test_state_that_is_not_whole_is_refused_by_its_place(change: dict[str, Any], said: str) -> None:
    with pytest.raises(StateError, match=said):
        parse_state({**STATE, **change})


def test_nested_modules_are_read_and_data_sources_and_deposed_objects_are_not() -> None:
    def entry(address: str, **more: Any) -> dict[str, Any]:
        return {"address": address, "type": "t", "mode": "managed", "values": {}, **more}

    inner = {"resources": [entry("module.a.module.b.t.x[0]")]}
    root = {
        "resources": [entry("t.y"), entry("t.y", deposed_key="0a"), entry("data.t", mode="data")],
        "child_modules": [{"child_modules": [inner]}],
    }
    found = parse_state({**STATE, "values": {"root_module": root}})
    assert [resource.address for resource in found] == ["t.y", "module.a.module.b.t.x[0]"]


def test_sensitive_values_of_a_state_are_never_names() -> None:
    values = {"id": "i-0123456789abcdef0", "arn": "arn:aws:ec2:eu-west-1:1:instance/i-0"}
    resource = {
        "address": "aws_instance.x", "type": "aws_instance", "mode": "managed", "values": values,
        "sensitive_values": {"arn": True},
    }  # fmt: skip
    (found,) = parse_state({**STATE, "values": {"root_module": {"resources": [resource]}}})
    assert billed_names(found.type, found.values) == [["i-0123456789abcdef0"]]


def test_machine_is_billed_with_its_disks() -> None:
    values = {
        "id": "i-0123456789abcdef0",
        "root_block_device": [{"volume_id": "vol-0123456789abcdef0"}],
        "ebs_block_device": [{"volume_id": "vol-1"}, {"volume_id": "vol-2"}],
    }
    assert billed_names("aws_instance", values) == [
        ["i-0123456789abcdef0"], ["vol-0123456789abcdef0"], ["vol-1"], ["vol-2"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("aws_instance", {"id": "i-0123456789abcdef0", "root_block_device": [{}]}, "billed with"),
        ("aws_autoscaling_group", {"arn": "arn:aws:autoscaling:x"}, "ids of their own"),
        # A function's id is a name that anything may have.
        ("aws_lambda_function", {"id": "orders"}, "no id"),
        ("aws_vpc", {"id": "vpc-0123456789abcdef0"}, "not among the priced"),
    ],
)
def test_what_bills_do_not_know_by_an_id_says_why(
    kind: str, values: dict[str, Any], said: str
) -> None:
    with pytest.raises(NotBilled, match=said):
        billed_names(kind, values)


@pytest.mark.parametrize(
    ("kind", "values", "names"),
    [
        (
            "aws_s3_bucket",
            {"id": "logs", "arn": "arn:aws:s3:::logs"},
            ["arn:aws:s3:::logs", "logs"],
        ),
        ("azurerm_managed_disk", {"id": "/Subscriptions/S/disks/D"}, ["/subscriptions/s/disks/d"]),
        (
            "google_compute_disk",
            {
                "id": "projects/p/zones/z/disks/d",
                "self_link": "https://www.googleapis.com/compute/v1/projects/p/zones/z/disks/d",
            },
            ["projects/p/zones/z/disks/d"],
        ),
    ],
)
def test_names_are_spelt_as_the_marts_compare_them(
    kind: str, values: dict[str, Any], names: list[str]
) -> None:
    assert billed_names(kind, values) == [names]


def test_state_links_what_was_changed_and_is_still_there(changed: Record) -> None:
    found = match(changed, after_the_apply())
    assert links(found).keys() == {
        "aws_instance.resized", "aws_ebs_volume.moved_zone", "aws_ebs_volume.moved_zone_first",
        "aws_ebs_volume.new_name",
    }  # fmt: skip
    assert "vol-0aaaaaaaaaaaaaaa1" in links(found)["aws_ebs_volume.moved_zone"][0]
    assert found.left == {}


def test_state_from_before_the_apply_does_not_link_what_it_replaced(changed: Record) -> None:
    found = match(changed, read_state(PLANS / "state.json"))
    assert "from before its replacement" in found.left["aws_ebs_volume.moved_zone"]
    assert "aws_ebs_volume.moved_zone" not in links(found)


def test_without_a_state_updates_are_linked_by_the_ids_that_the_plan_knew(changed: Record) -> None:
    found = match(changed, None)
    assert links(found).keys() == {"aws_instance.resized", "aws_ebs_volume.new_name"}
    assert "i-d99889d4ef01097e3" in links(found)["aws_instance.resized"][0]
    assert all(link.source == "plan" for link in found.links)
    assert "give the state" in found.left["aws_ebs_volume.moved_zone"]


def test_disk_with_a_line_of_its_own_is_not_counted_twice(changed: Record) -> None:
    state = copy.deepcopy(after_the_apply())
    (machine,) = (r for r in state if r.address == "aws_instance.resized")
    disk = "vol-1148bc481431a9ae6"  # aws_ebs_volume.new_name
    values = {**machine.values, "ebs_block_device": [{"volume_id": disk}]}
    state[state.index(machine)] = replace(machine, values=values)
    parts = links(match(changed, state))["aws_instance.resized"]
    assert [disk] not in parts


def test_plan_among_several_is_named(changed: Record) -> None:
    question = json.loads(json.dumps(changed.question).replace("aws_", "shop: aws_"))
    for entry in (*question["plan"]["resources"], *question["estimate"]["lines"]):
        entry["type"] = entry["type"].removeprefix("shop: ")
    several = Record(changed.decision, changed.subject, question)
    with pytest.raises(LinkError, match=r"not in the state; .*--decision"):
        match(several, after_the_apply())
    assert len(match(several, after_the_apply(), "shop").links) == 4


def test_decision_with_nothing_to_compare_is_refused(changed: Record) -> None:
    nothing = {**changed.question, "estimate": {**changed.question["estimate"], "lines": []}}
    with pytest.raises(LinkError, match="no priced resource"):
        match(Record(changed.decision, "s", nothing), [])


@pytest.fixture
def undecided(changed: Record) -> Decision:
    """What is recorded of a question that the engine could not put."""
    return replace(
        changed.decision, allow=False, denials=(engine_finding("deployment", "schema", "no", ""),)
    )


@pytest.mark.parametrize("question", [{}, {"plan": 1}, {"estimate": {"lines": [{"x": "y"}]}}, None])
def test_question_that_was_not_decided_has_no_estimates(undecided: Decision, question: Any) -> None:
    record = Record(undecided, "s", question)
    assert list(estimate_rows(record)) == []
    with pytest.raises(LinkError, match="never reached"):
        match(record, None)


def test_newest_link_of_an_address_counts_and_old_ones_stay(
    changed: Record, tmp_path: Path
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    record_links(store, "d-1", match(changed, None).links, NOW, NOW)
    record_links(store, "d-1", match(changed, after_the_apply()).links, NOW, NOW)
    rows = link_rows(store)
    assert {row["source"] for row in rows} == {"state"}
    assert all(row["applied_at"] == NOW.replace(tzinfo=None) for row in rows)
    with store.connect() as connection:
        assert connection.execute(sa.text("select count(*) from estimate_links")).scalar() == 6
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), store.begin() as connection:
        connection.execute(sa.text("delete from estimate_links"))


def test_line_with_parts_that_are_billed_under_other_ids_is_not_compared(changed: Record) -> None:
    assert "aws_instance.resized" in links(match(changed, None))
    (resized,) = (line for line in changed.question["estimate"]["lines"]
                  if line["address"] == "aws_instance.resized")  # fmt: skip
    address = {**resized["parts"][0], "name": "public address", "service": "AmazonVPC"}
    resized["parts"].append({**address, "monthly": "0.00"})
    assert "aws_instance.resized" in links(match(changed, None))
    resized["parts"].append({**address, "monthly": "3.65"})
    found = match(changed, None)
    assert "aws_instance.resized" not in links(found)
    assert found.left["aws_instance.resized"] == "billed under other ids: public address"


def test_address_of_its_own_is_billed_under_its_own_id() -> None:
    part = {"name": "address", "service": "AmazonVPC", "monthly": "3.65"}
    assert billed_apart([part]) == []
    assert billed_apart([part, {**part, "service": "AWSELB"}]) == ["address"]


def test_each_line_of_a_recorded_estimate_is_a_row(changed: Record) -> None:
    rows = {row["address"]: row for row in estimate_rows(changed)}
    assert all(tuple(sorted(row)) == tuple(sorted(ESTIMATE_COLUMNS)) for row in rows.values())
    resized = rows["aws_instance.resized"]
    assert (resized["change_kind"], resized["service_provider_name"]) == ("update", "AWS")
    assert resized["sku"].startswith("AmazonEC2 BoxUsage:")
    assert resized["price_source"] == "sample"
    assert isinstance(resized["monthly_after_cost"], Decimal)
    assert rows["aws_ebs_volume.moved_zone"]["change_kind"] == "replace"
