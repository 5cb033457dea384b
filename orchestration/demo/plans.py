"""Two Terraform plans of Acme's engineers, as `terraform show -json` prints them.

One adds a small, fully tagged machine; the other large untagged ones, far over any budget.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_PROVIDER = "registry.terraform.io/hashicorp/aws"
_REGION = "eu-west-1"


def write(folder: Path) -> dict[str, Path]:
    """Write `allowed.json` and `denied.json`; returns their paths by name."""
    tags = {
        "team": "payments",
        "product": "checkout",
        "environment": "staging",
        "cost_center": "cc-1020",
    }
    allowed = [
        _instance("settlement", "t3.small", tags),
        _volume("settlement_data", "gp3", 20, tags, iops=3000, throughput=125),
    ]
    denied = [
        *(_instance("replay", "m5.4xlarge", None, index) for index in range(3)),
        _volume("replay_scratch", "io2", 2000, None, iops=16000),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, resources in (("allowed", allowed), ("denied", denied)):
        paths[name] = folder / f"{name}.json"
        paths[name].write_text(json.dumps(_plan(resources), indent=2) + "\n")
    return paths


def _resource(
    kind: str, name: str, index: int | None, values: dict[str, Any], unknown: list[str]
) -> dict[str, Any]:
    address = f"{kind}.{name}" + ("" if index is None else f"[{index}]")
    resource: dict[str, Any] = {"address": address, "mode": "managed", "type": kind, "name": name}
    if index is not None:
        resource["index"] = index
    return {**resource, "provider_name": _PROVIDER, "values": values, "unknown": unknown}


def _tagged(tags: dict[str, str] | None) -> dict[str, Any]:
    return {"tags": tags, "tags_all": tags or {}}


def _instance(
    name: str, kind: str, tags: dict[str, str] | None, index: int | None = None
) -> dict[str, Any]:
    values = {
        "ami": "ami-0c1bea58988a989155",
        "credit_specification": [],
        "get_password_data": False,
        "hibernation": None,
        "instance_type": kind,
        "launch_template": [],
        "source_dest_check": True,
        "timeouts": None,
        "user_data_replace_on_change": False,
        "volume_tags": None,
        **_tagged(tags),
    }
    unknown = [
        "arn",
        "availability_zone",
        "id",
        "instance_state",
        "private_ip",
        "public_ip",
        "root_block_device",
        "subnet_id",
        "tenancy",
        "vpc_security_group_ids",
    ]
    return _resource("aws_instance", name, index, values, unknown)


def _volume(
    name: str,
    kind: str,
    size: int,
    tags: dict[str, str] | None,
    *,
    iops: int,
    throughput: int | None = None,
) -> dict[str, Any]:
    values = {
        "availability_zone": f"{_REGION}a",
        "final_snapshot": False,
        "iops": iops,
        "multi_attach_enabled": None,
        "outpost_arn": None,
        "size": size,
        "timeouts": None,
        "type": kind,
        **({"throughput": throughput} if throughput else {}),
        **_tagged(tags),
    }
    unknown = ["arn", "create_time", "encrypted", "id", "kms_key_id", "snapshot_id"]
    return _resource("aws_ebs_volume", name, None, values, unknown)


def _plan(resources: list[dict[str, Any]]) -> dict[str, Any]:
    planned = []
    changes = []
    for r in resources:
        head = {
            k: r[k] for k in ("address", "mode", "type", "name", "index", "provider_name") if k in r
        }
        planned.append(
            {
                **head,
                "schema_version": 1 if r["type"] == "aws_instance" else 0,
                "values": r["values"],
                "sensitive_values": {"tags": {}, "tags_all": {}},
            }
        )
        changes.append(
            {
                **head,
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": r["values"],
                    "after_unknown": dict.fromkeys(r["unknown"], True),
                    "before_sensitive": False,
                    "after_sensitive": {"tags": {}, "tags_all": {}},
                },
            }
        )
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {
            "provider_config": {
                "aws": {
                    "name": "aws",
                    "full_name": _PROVIDER,
                    "version_constraint": "~> 5.0",
                    "expressions": {"region": {"constant_value": _REGION}},
                }
            },
            "root_module": {"resources": _configuration(resources)},
        },
        "timestamp": "2026-10-28T09:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }


def _configuration(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for r in resources:
        address = f"{r['type']}.{r['name']}"
        found.setdefault(
            address,
            {
                "address": address,
                "mode": "managed",
                "type": r["type"],
                "name": r["name"],
                "provider_config_key": "aws",
                "expressions": {
                    k: {"constant_value": r["values"][k]}
                    for k in ("instance_type", "type", "size", "tags")
                    if r["values"].get(k)
                },
                "schema_version": 1 if r["type"] == "aws_instance" else 0,
                **({"count_expression": {"constant_value": 3}} if "index" in r else {}),
            },
        )
    return list(found.values())
