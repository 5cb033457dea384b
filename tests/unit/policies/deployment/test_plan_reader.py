"""Plans as Terraform really prints them (recorded), and what people pass by mistake."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from policies.deployment.changes import SENSITIVE, PlanError
from policies.deployment.plan import Plan, merge_plans, parse_plan, read_plan
from policies.deployment.regions import with_regions

PLANS = Path(__file__).parents[4] / "policies/examples/deployment/plans"


def planned(document: dict[str, Any]) -> dict[str, Any]:
    """The plan with the values planned that its changes end in."""
    after = {c["address"]: c["change"]["after"] for c in document["resource_changes"]}
    for resource in document["planned_values"]["root_module"]["resources"]:
        resource["values"] = copy.deepcopy(after[resource["address"]])
    return document


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_text())
    return found


@pytest.fixture(scope="module")
def create() -> Plan:
    return read_plan(PLANS / "create.json")


@pytest.fixture(scope="module")
def change() -> Plan:
    return read_plan(PLANS / "change.json")


def test_every_changed_resource_is_read_with_modules_count_and_for_each(create: Plan) -> None:
    addresses = {resource.address for resource in create.resources}
    assert len(addresses) == 13
    assert {
        "aws_instance.web[1]", 'aws_ebs_volume.data["b"]', "module.europe.aws_lb.this",
    } <= addresses  # fmt: skip
    assert create.complete
    assert not create.errored


def test_region_comes_from_the_provider_through_variables_and_aliases(create: Plan) -> None:
    regions = {resource.address: resource.region for resource in create.resources}
    assert regions["aws_db_instance.orders"] == "us-east-1"
    assert regions["module.europe.aws_instance.this"] == "eu-west-1"


def test_each_kind_of_change_is_told_apart(change: Plan) -> None:
    actions = {resource.address.split(".")[1]: resource.actions for resource in change.resources}
    assert actions == {
        "let_go": ("forget",),
        "moved_zone": ("delete", "create"),
        "moved_zone_first": ("create", "delete"),
        "new_name": ("update",),
        "removed": ("delete",),
        "resized": ("update",),
    }


def test_sensitive_values_are_nowhere_in_what_is_read(create: Plan) -> None:
    database = next(r for r in create.resources if r.type == "aws_db_instance")
    assert database.after is not None
    assert database.after["password"] == SENSITIVE
    assert "correct-horse" not in repr(create)


def test_default_tags_of_the_provider_count(create: Plan) -> None:
    volume = next(r for r in create.resources if r.address == 'aws_ebs_volume.data["a"]')
    assert volume.taggable
    assert volume.tags == {
        "team": "shop", "product": "checkout", "environment": "staging", "cost_center": "CC-100",
    }  # fmt: skip


def test_tags_known_only_after_the_change_are_said_to_be(create: Plan) -> None:
    volume = next(r for r in create.resources if r.address == "aws_ebs_volume.late_tag")
    assert volume.taggable
    assert not volume.tags_known
    assert volume.unknown == {"tags"}


def test_what_is_left_to_the_provider_is_not_unknown(create: Plan) -> None:
    instance = next(r for r in create.resources if r.address == "aws_instance.web[0]")
    assert instance.unknown == frozenset()
    attachment = next(r for r in create.resources if r.type == "aws_volume_attachment")
    assert attachment.unknown == {"instance_id", "volume_id"}
    assert not attachment.taggable


def test_errored_and_partial_plans_are_told_apart() -> None:
    errored, partial = read_plan(PLANS / "errored.json"), read_plan(PLANS / "partial.json")
    assert (errored.errored, errored.complete) == (True, False)
    assert (partial.errored, partial.complete) == (False, False)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("state.json", "state printed by"),
        ("terraform_tfstate.json", "a state file, not a plan"),
        ("binary.tfplan", "the binary plan"),
        ("nowhere.json", "cannot be read"),
    ],
)
def test_other_files_get_their_own_error_with_a_remedy(name: str, reason: str) -> None:
    with pytest.raises(PlanError, match=reason) as caught:
        read_plan(PLANS / name)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"format_version":"1.2","format_version":"1.2"}', "'format_version' is twice"),
        (b'{"planned_values":{"a":[{"x":1,"x":2}]}}', "'x' is twice"),
        (b"[]", "not a plan but a list"),
        (b"null", "not a plan but nothing"),
        (b'{"@level":"info"}\n{"@level":"info"}', "log of `terraform plan -json`"),
        (b'{"format_version":"1.2","resource_changes":[]}', "no planned_values"),
        (b'{"planned_values":{}}', "no format_version"),
        (b'{"format_version":"2.0","planned_values":{}}', "plan format 2.0 is not known"),
        (b'{"format_version":"1.2","planned_values":{},"resource_changes":{}}', "not a list"),
    ],
)
def test_what_is_no_whole_plan_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    with pytest.raises(PlanError, match=reason):
        read_plan(file)


def test_plan_written_by_powershell_is_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text((PLANS / "partial.json").read_text(), encoding="utf-16")
    assert len(read_plan(file).resources) == 1


def test_later_minor_versions_and_unknown_fields_are_accepted() -> None:
    document = recorded("partial") | {"format_version": "1.99", "novelty": {}}
    assert parse_plan(document).format_version == "1.99"


def test_plan_without_changes_is_a_plan() -> None:
    empty = {"format_version": "1.2", "planned_values": {"root_module": {}}}
    assert parse_plan(empty).resources == ()


def test_planned_resource_without_an_entry_is_refused() -> None:
    document = recorded("create")
    document["resource_changes"] = document["resource_changes"][1:]
    with pytest.raises(PlanError, match="is planned but has no entry"):
        parse_plan(document)
    del document["resource_changes"]
    with pytest.raises(PlanError, match="is planned but has no entry"):
        parse_plan(document)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"address": None}, "address is missing"),
        ({"type": ""}, "type is missing"),
        ({"change": None}, "actions is missing"),
        ({"change": {"actions": ["bless"]}}, "is not known"),
        ({"change": {"actions": ["create"], "after": None}}, "after is missing"),
        ({"change": {"actions": ["delete"], "before": None}}, "before is missing"),
        ({"change": {"actions": ["create"], "after": "x"}}, "not an object"),
    ],
)
def test_change_that_lacks_something_is_refused(change: dict[str, Any], reason: str) -> None:
    document = recorded("partial")
    document["planned_values"] = {}
    document["resource_changes"][0].update(change)
    with pytest.raises(PlanError, match=reason):
        parse_plan(document)


def said_by(version: str | None, registry: str = "", **fields: Any) -> tuple[bool, bool, set[str]]:
    """Whether a plan without `complete` and `errored` is complete, errored; what is not stated."""
    text = (PLANS / "create.json").read_text()
    document = json.loads(
        text.replace("registry.terraform.io", registry or "registry.terraform.io")
    )
    for name in ("complete", "errored", "applyable"):
        del document[name]
    plan = parse_plan(document | {"terraform_version": version} | fields)
    return plan.complete, plan.errored, set(plan.not_stated)


@pytest.mark.parametrize("version", ["1.8.0", "1.11.4", "1.15.0-beta1", "2.0.0", None, "unknown"])
def test_plan_that_lost_what_its_version_writes_is_not_whole(version: str | None) -> None:
    assert said_by(version) == (False, True, set())
    assert said_by(version, errored=False) == (False, False, set())
    assert said_by(version, complete=True) == (True, True, set())


def test_older_versions_are_taken_for_whole_and_said_not_to_state_it() -> None:
    assert said_by("1.5.7") == (True, False, {"complete", "errored"})
    assert said_by("1.5.7", errored=True) == (False, True, {"complete"})
    assert said_by("1.7.5", errored=False) == (True, False, {"complete"})
    assert said_by("1.7.5") == (False, True, {"complete"})
    assert said_by("1.7.5", errored=False, complete=False) == (False, False, set())


def test_opentofu_never_states_that_its_plan_is_complete() -> None:
    tofu = "registry.opentofu.org"
    assert said_by("1.11.4", tofu, errored=False) == (True, False, {"complete"})
    assert said_by("1.11.4", tofu) == (False, True, {"complete"})
    assert said_by("1.11.4", "registry.opentofu.org.example", errored=False)[0] is False


def test_plan_that_kept_applyable_has_lost_the_rest_whoever_made_it() -> None:
    """One provider of OpenTofu's registry made a stripped plan of Terraform pass for whole."""
    tofu = "registry.opentofu.org"
    assert said_by("1.11.4", tofu, errored=False, applyable=True) == (False, False, set())
    assert said_by("1.5.7", applyable=True) == (False, True, set())
    assert said_by("1.11.4", tofu, errored=False, applyable=True, complete=True)[0] is True


def test_plan_without_something_of_its_state_is_not_whole_though_it_does_not_say_so() -> None:
    whole, without = (recorded(name) for name in ("tofu_lived", "tofu_excluded"))
    assert "complete" not in without
    assert parse_plan(whole).complete
    assert not parse_plan(without).complete
    # One that only refreshes lists no change of anything.
    del whole["resource_changes"], whole["planned_values"]["root_module"]
    assert parse_plan({**whole, "planned_values": {}}).complete


def test_region_of_an_iterated_provider_is_in_no_plan() -> None:
    plan = read_plan(PLANS / "tofu_regions.json")
    assert {change.region for change in plan.resources} == {"unknown"}
    assert {change.provider for change in plan.resources} == {"registry.opentofu.org/hashicorp/aws"}
    stated = with_regions(plan, {"aws": "eu-west-1"})
    assert stated.stated_regions == (("aws", "eu-west-1", 5),)


def test_plans_of_both_programs_are_read_alike() -> None:
    ours, theirs = (read_plan(PLANS / f"{name}.json") for name in ("create", "tofu_create"))
    assert {(c.address, c.region, c.actions) for c in ours.resources} == {
        (c.address, c.region, c.actions) for c in theirs.resources
    }
    assert theirs.not_stated == ("complete",)


def test_what_one_of_several_plans_does_not_state_is_not_stated() -> None:
    old = parse_plan({"format_version": "1.2", "terraform_version": "1.7.5", "planned_values": {},
                      "errored": False})  # fmt: skip
    merged = merge_plans([("a", read_plan(PLANS / "create.json")), ("b", old)])
    assert (merged.complete, merged.errored, merged.not_stated) == (True, False, ("complete",))


def entry_of(document: dict[str, Any], address: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in document["resource_changes"] if c["address"] == address)
    return found


@pytest.mark.parametrize(
    ("address", "differs"),
    [
        ("aws_ebs_volume.untouched", {"after": {"size": 16000}}),
        ("aws_ebs_volume.untouched", {"after": None}),
        ("aws_ebs_volume.untouched", {"before": None}),
        ("aws_ebs_volume.untouched", {"after_unknown": {"size": True}}),
        ("aws_ebs_volume.removed", {"after": {"size": 16000}}),
        ("aws_ebs_volume.let_go", {"after": {"size": 16000}}),
        ("aws_ebs_volume.new_name", {"actions": ["create"]}),
        ("aws_ebs_volume.new_name", {"actions": ["read"]}),
        ("aws_ebs_volume.new_name", {"actions": ["delete"], "after": None}),
    ],
)
def test_change_that_contradicts_itself_is_refused_by_its_address(
    address: str, differs: dict[str, Any]
) -> None:
    document = recorded("change")
    entry_of(document, address)["change"].update(differs)
    with pytest.raises(PlanError, match=r"run `terraform plan") as caught:
        parse_plan(document)
    assert address in str(caught.value)


@pytest.mark.parametrize("action", ["create", "update", "delete", "forget", "open", []])
def test_data_source_that_a_plan_makes_or_deletes_is_refused(action: Any) -> None:
    document = recorded("create")
    entry = entry_of(document, "aws_instance.web[0]")
    entry.update(mode="data", address="data.aws_ami.web")
    entry["change"]["actions"] = [action]
    with pytest.raises(PlanError, match=r"data\.aws_ami\.web is data, which no plan can"):
        parse_plan(document)


def test_mode_that_is_not_known_is_refused() -> None:
    document = recorded("create")
    entry_of(document, "aws_instance.web[0]")["mode"] = "action"
    with pytest.raises(PlanError, match="mode 'action' is not known; upgrade Tollgate"):
        parse_plan(document)


@pytest.mark.parametrize("deposed", [{}, {"deposed": "8f2a9b1c"}])
def test_object_that_is_listed_twice_is_refused(deposed: dict[str, str]) -> None:
    document = recorded("change")
    entry = entry_of(document, "aws_ebs_volume.removed") | deposed
    document["resource_changes"] += [entry, entry]
    with pytest.raises(PlanError, match=r"aws_ebs_volume\.removed .*times in resource_changes"):
        parse_plan(document)


def test_marks_of_sensitivity_may_differ_where_nothing_changes() -> None:
    document = recorded("change")
    change = entry_of(document, "aws_ebs_volume.untouched")["change"]
    change["after_sensitive"] = {"size": True}
    change["after"] = {**change["after"], "size": None}
    (kept,) = [r for r in parse_plan(document).unchanged if r.address.endswith("untouched")]
    assert kept.after is not None
    assert kept.after["size"] == SENSITIVE


def test_deferred_changes_make_a_plan_partial() -> None:
    document = recorded("create") | {"deferred_changes": [{"reason": "unknown"}]}
    assert not parse_plan(document).complete


def test_deposed_object_is_named_apart_from_its_resource() -> None:
    document = recorded("change")
    entry = copy.deepcopy(
        next(c for c in document["resource_changes"] if "removed" in c["address"])
    )
    left = copy.deepcopy(entry)
    left["change"]["before"] |= {"id": "vol-left-behind", "arn": None}
    document["resource_changes"].append({**left, "deposed": "8f2a9b1c"})
    addresses = [resource.address for resource in parse_plan(document).resources]
    assert "aws_ebs_volume.removed (deposed 8f2a9b1c)" in addresses


def test_data_sources_and_drift_are_not_changes() -> None:
    document = recorded("partial")
    first = document["resource_changes"][0]
    for mode, action in (("data", "read"), ("data", "no-op"), ("ephemeral", "open")):
        address = f"module.m.{mode}.{first['type']}.{action.replace('-', '_')}"
        other = {"mode": mode, "address": address, "change": {"actions": [action]}}
        document["resource_changes"].append({**first, **other})
    document["resource_drift"] = document["resource_changes"]
    assert len(parse_plan(document).resources) == 1


def test_hand_written_tags_without_tags_all_count() -> None:
    document = recorded("create")
    entry = next(c for c in document["resource_changes"] if c["address"] == "aws_instance.web[0]")
    del entry["change"]["after"]["tags_all"], entry["change"]["after_unknown"]["tags_all"]
    entry["change"]["after"]["tags"] = {"team": "shop"}
    plan = parse_plan(planned(document))
    found = next(r for r in plan.resources if r.address == "aws_instance.web[0]")
    assert found.tags == {"team": "shop"}


@pytest.mark.parametrize(
    "mask", [{"tags": {"team": True}}, {"tags": True}, {"tags_all": {"team": True}, "tags": {}}]
)
def test_tag_that_is_sensitive_in_one_attribute_is_so_in_all(mask: dict[str, Any]) -> None:
    document = recorded("create")
    entry = next(c for c in document["resource_changes"] if c["address"] == "aws_instance.web[0]")
    tags = {"team": "hunter2"}
    entry["change"]["after"] |= {"tags": tags, "tags_all": {**tags, "product": "checkout"}}
    entry["change"]["after_unknown"] |= {"tags_all": {}}
    entry["change"]["after_sensitive"] = mask
    plan = parse_plan(planned(document))
    found = next(r for r in plan.resources if r.address == "aws_instance.web[0]")
    assert found.tags == {"team": SENSITIVE, "product": "checkout"}
    assert "hunter2" not in repr(found)


def test_labels_of_clusters_and_databases_are_their_tags() -> None:
    for name, address in (
        ("google_kubernetes", "google_container_cluster.main"),
        ("google_data", "google_sql_database_instance.main"),
    ):
        plan = parse_plan(recorded(name))
        found = next(r for r in plan.resources if r.address == address)
        assert found.tags is not None
        assert found.tags["product"] == "checkout"
