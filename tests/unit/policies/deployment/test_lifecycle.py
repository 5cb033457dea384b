"""A store's lifecycle rules are found wherever they stand, or said to be missing or not known."""

from typing import Any

import pytest

from policies.bundle import read_bundle
from policies.deployment.budget import configured_budget
from policies.deployment.gate import build_question
from policies.deployment.plan import Plan, merge_plans, parse_plan

BUCKET, RULES = "aws_s3_bucket.logs", "aws_s3_bucket_lifecycle_configuration.logs"
ACCOUNT, POLICY = "azurerm_storage_account.files", "azurerm_storage_management_policy.files"


def plan(changes: dict[str, dict[str, Any]], refers: dict[str, dict[str, str]]) -> Plan:
    entries = []
    for address, fields in changes.items():
        given: dict[str, Any] = {
            "actions": ["create"],
            "before": None,
            "after": {},
            "after_unknown": {},
        }
        entries.append({
            "address": address, "mode": "managed", "type": address.split(".")[0],
            "provider_name": "x", "change": given | fields,
        })  # fmt: skip
    written = []
    for address in changes:
        named = {n: {"references": [to]} for n, to in refers.get(address, {}).items()}
        written.append({"address": address, "mode": "managed", "expressions": named})
    return parse_plan(
        {"format_version": "1.2", "planned_values": {}, "resource_changes": entries,
         "configuration": {"root_module": {"resources": written}}}
    )  # fmt: skip


def lifecycle(made: Plan, address: str = BUCKET) -> str | None:
    question = build_question(made, configured_budget(read_bundle()), "staging")
    (resource,) = [r for r in question["plan"]["resources"] if r["address"] == address]
    found: str | None = resource["attributes"]["lifecycle"]
    return found


IN_BUCKET = {RULES: {"bucket": BUCKET}}


def test_store_without_rules_says_so() -> None:
    assert lifecycle(plan({BUCKET: {}}, {})) == "none"
    assert lifecycle(plan({ACCOUNT: {}}, {}), ACCOUNT) == "none"


def test_rules_beside_the_store_are_found_by_their_reference() -> None:
    assert lifecycle(plan({BUCKET: {}, RULES: {}}, IN_BUCKET)) == RULES
    refers = {POLICY: {"storage_account_id": ACCOUNT}}
    assert lifecycle(plan({ACCOUNT: {}, POLICY: {}}, refers), ACCOUNT) == POLICY


def test_rules_that_stay_as_they_are_count() -> None:
    stays: dict[str, Any] = {"actions": ["no-op"], "before": {}}
    assert lifecycle(plan({BUCKET: {}, RULES: stays}, IN_BUCKET)) == RULES


@pytest.mark.parametrize("action", ["delete", "forget"])
def test_rules_that_go_do_not_count(action: str) -> None:
    goes: dict[str, Any] = {"actions": [action], "before": {}, "after": None}
    assert lifecycle(plan({BUCKET: {}, RULES: goes}, IN_BUCKET)) == "none"


def test_rules_of_another_store_do_not_count() -> None:
    other = "aws_s3_bucket.other"
    refers = {RULES: {"bucket": other}}
    assert lifecycle(plan({BUCKET: {}, other: {}, RULES: {}}, refers)) == "none"


def test_rules_in_the_store_itself_are_its_own() -> None:
    inside = {"after": {"lifecycle_rule": [{"enabled": True}]}}
    assert lifecycle(plan({BUCKET: inside}, {})) == "own"
    assert lifecycle(plan({BUCKET: {"after": {"lifecycle_rule": []}}}, {})) == "none"


def test_rules_that_are_only_known_after_the_change_are_not_known() -> None:
    made = plan(
        {BUCKET: {"after_unknown": {"lifecycle_rule": True}}}, {BUCKET: {"lifecycle_rule": "x.y"}}
    )
    assert lifecycle(made) is None


def test_stores_of_several_plans_keep_their_own_rules() -> None:
    with_rules = plan({BUCKET: {}, RULES: {}}, IN_BUCKET)
    made = merge_plans([("a", with_rules), ("b", plan({BUCKET: {}}, {}))])
    assert lifecycle(made, f"a: {BUCKET}") == f"a: {RULES}"
    assert lifecycle(made, f"b: {BUCKET}") == "none"
