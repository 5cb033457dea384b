"""References are followed to the very resource that is meant, or not at all."""

from collections.abc import Mapping
from typing import Any

from policies.deployment.plan import Plan, parse_plan

Expressions = dict[str, Any]


def refers(*targets: str) -> Any:
    return {"references": list(targets)}


def plan(changes: Mapping[str, Expressions | None], configuration: dict[str, Any]) -> Plan:
    entries = [
        {"address": address, "mode": "managed", "type": address.rsplit(".", 2)[-2],
         "provider_name": "x", "change": {"actions": ["create"], "before": None, "after": {},
                                          "after_unknown": {}}}
        for address in changes
    ]  # fmt: skip
    return parse_plan(
        {"format_version": "1.2", "planned_values": {}, "resource_changes": entries,
         "configuration": {"root_module": configuration}}
    )  # fmt: skip


def found(plan: Plan, address: str, path: str) -> str | None:
    (change,) = [c for c in plan.resources if c.address == address]
    other = plan.references.of(change, path)
    return None if other is None else other.address


def resource(address: str, **expressions: Any) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "expressions": expressions}


def test_id_of_azure_is_followed_in_any_case() -> None:
    plan_id = "/subscriptions/0/resourceGroups/Shop/providers/Microsoft.Web/serverFarms/P"
    values = {
        "azurerm_service_plan.p": {"id": plan_id, "location": "westeurope"},
        "azurerm_linux_function_app.f": {"service_plan_id": plan_id.lower()},
    }
    entries = [
        {"address": address, "mode": "managed", "type": address.partition(".")[0],
         "change": {"actions": ["no-op"], "before": there, "after": there, "after_unknown": {}}}
        for address, there in values.items()
    ]  # fmt: skip
    document = {"format_version": "1.2", "planned_values": {}, "resource_changes": entries}
    app = parse_plan(document).unchanged[1]
    assert parse_plan(document).references.of(app, "service_plan_id") is not None
    assert app.region == "westeurope"


SERVICE, TASK = "aws_ecs_service.web", "aws_ecs_task_definition.web"


def test_instance_refers_to_the_instance_of_its_own_index() -> None:
    changes = {f"{name}[{n}]": None for name in (SERVICE, TASK) for n in (0, 1)}
    written = resource(SERVICE, task_definition=refers(TASK, "count.index"))
    made = plan(changes, {"resources": [written, resource(TASK)]})
    assert found(made, f"{SERVICE}[1]", "task_definition") == f"{TASK}[1]"


def test_one_of_several_that_cannot_be_told_apart_is_not_taken() -> None:
    changes = {SERVICE: None, f"{TASK}[0]": None, f"{TASK}[1]": None}
    written = resource(SERVICE, task_definition=refers(TASK, "local.chosen"))
    made = plan(changes, {"resources": [written, resource(TASK)]})
    assert found(made, SERVICE, "task_definition") is None


def test_value_is_followed_out_of_one_module_and_into_another() -> None:
    inner, outer = "module.tasks[0].aws_ecs_task_definition.web", "module.run.aws_ecs_service.web"
    made = plan(
        {inner: None, outer: None},
        {"module_calls": {
            "tasks": {"module": {"resources": [resource(TASK)],
                                 "outputs": {"arn": {"expression": refers(f"{TASK}.arn", TASK)}}}},
            "run": {"expressions": {"task": refers("module.tasks[0].arn", "module.tasks[0]")},
                    "module": {"resources": [resource(SERVICE,
                                                      task_definition=refers("var.task"))]}}}},
    )  # fmt: skip
    assert found(made, outer, "task_definition") == inner


def test_values_that_pass_each_other_in_a_circle_end() -> None:
    made = plan(
        {"module.a.aws_ecs_service.web": None},
        {"module_calls": {"a": {
            "expressions": {"task": refers("module.a.task")},
            "module": {"resources": [resource(SERVICE, task_definition=refers("var.task"))],
                       "outputs": {"task": {"expression": refers("var.task")}}}}}},
    )  # fmt: skip
    assert found(made, "module.a.aws_ecs_service.web", "task_definition") is None
