"""Small plans for tests, written as resources with their values."""

from typing import Any

from policies.deployment.estimate import estimate
from policies.deployment.plan import Plan, parse_plan

PROVIDERS = {"aws": "us-east-1", "google": "europe-west4", "azurerm": "westeurope"}
OTHERS = {"kubectl": "registry.terraform.io/gavinbunney/kubectl",
          "terraform": "terraform.io/builtin/terraform"}  # fmt: skip
AWS = "registry.terraform.io/hashicorp/aws"
TEMPLATE = {"instance_type": "m5.large", "block_device_mappings": [
    {"ebs": [{"volume_size": 10, "volume_type": "gp3"}]}]}  # fmt: skip
POOL = {"node_config": [{"machine_type": "n2-standard-4"}], "node_count": 1}


def planned(
    resources: dict[str, dict[str, Any]],
    unchanged: frozenset[str] = frozenset(),
    updated: dict[str, dict[str, Any]] | None = None,
    maker: str = "",
    programs: tuple[str, ...] = (),
    **more: Any,
) -> Plan:
    """A plan that makes these; a text such as `@aws_x.y.id` is a reference, known afterwards.

    `updated` says which of them are there already, and what was other before; `maker` which
    provider makes all of them, if not the usual one; `programs` which provisioners each has;
    `more` is of the plan itself.
    """
    changes, configured = [], []
    for address, values in resources.items():
        kind, name = address.split(".")
        other = (updated or {}).get(address)
        there = {**values, "id": address} if other or address in unchanged else None
        changes.append({
            "address": address, "mode": "managed", "type": kind, "name": name,
            "provider_name": maker or maker_of(kind),
            "change": {
                "actions": ["update" if other else "no-op" if there else "create"],
                "before": {**there, **(other or {})} if there else None,
                "after": there or _plain(values), "after_unknown": {} if there else _open(values),
            },
        })  # fmt: skip
        configured.append({"address": address, "mode": "managed", "type": kind, "name": name,
                           "provider_config_key": kind.split("_")[0],
                           "provisioners": [{"type": program} for program in programs],
                           "expressions": _written(values)})  # fmt: skip
    providers = {name: {"name": name, "expressions": {"region": {"constant_value": region}}}
                 for name, region in PROVIDERS.items()}  # fmt: skip
    return parse_plan({
        "format_version": "1.2", "terraform_version": "1.11.4", "complete": True, "errored": False,
        "planned_values": {"root_module": {"resources": [
            {"address": a, "mode": "managed", "type": a.split(".")[0], "name": a.split(".")[1]}
            for a in resources]}},
        "resource_changes": changes,
        "configuration": {"provider_config": providers, "root_module": {"resources": configured}},
        **more,
    })  # fmt: skip


def maker_of(kind: str) -> str:
    word = kind.split("_", maxsplit=1)[0]
    return OTHERS.get(word, f"registry.terraform.io/hashicorp/{word}")


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if not _is_reference(v)}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _open(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _open(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_open(v) for v in value]
    return _is_reference(value)


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _written(v) for k, v in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_written(v) for v in value]
    if _is_reference(value):
        return {"references": [value[1:], value[1:].rpartition(".")[0]]}
    return {"constant_value": value}


def line(resources: dict[str, dict[str, Any]], address: str = "", **more: Any) -> dict[str, Any]:
    """The line of one resource, by default the first."""
    plan = planned(resources, **more)
    lines = {entry["address"]: entry for entry in estimate(plan).to_dict()["lines"]}
    found: dict[str, Any] = lines[address or next(iter(resources))]
    return found


def bounds(found: dict[str, Any]) -> tuple[str, str, str]:
    return found["low"], found["monthly_after"], found["high"]


GROUP = {"min_size": 1, "max_size": 10, "desired_capacity": 2}


def mixed(*overrides: dict[str, Any]) -> dict[str, dict[str, Any]]:
    policy = {"launch_template": [{
        "launch_template_specification": [{"launch_template_id": "@aws_launch_template.t.id"}],
        "override": list(overrides)}]}  # fmt: skip
    return {"aws_autoscaling_group.a": {**GROUP, "mixed_instances_policy": [policy]},
            "aws_launch_template.t": TEMPLATE}  # fmt: skip
