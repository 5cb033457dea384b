"""The rules on machines see every machine and accelerator, wherever in a plan it stands."""

from typing import Any

import pytest

from policies.deployment.gate import shown
from tests.unit.policies.deployment.made_plans import GROUP, TEMPLATE, mixed, planned


def machine_types(resources: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    plan = planned(resources)
    first = next(change for change in plan.resources if change.address == next(iter(resources)))
    found = shown(plan, first, None)
    return {name: found[name] for name in ("machine_types", "accelerators") if name in found}


GPU = {
    "machine_type": "n1-standard-8",
    "guest_accelerator": [{"type": "nvidia-tesla-t4", "count": 1}],
}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (mixed({"instance_type": "m5.large"}, {"instance_type": "p4d.24xlarge"}),
         {"machine_types": "m5.large,p4d.24xlarge"}),
        ({"aws_eks_node_group.a": {"launch_template": [{"id": "@aws_launch_template.t.id"}]},
          "aws_launch_template.t": {"instance_type": "p5.48xlarge"}},
         {"machine_types": "p5.48xlarge"}),
        ({"aws_eks_node_group.a": {"launch_template": [{"id": "lt-1"}]}}, {"machine_types": None}),
        ({"aws_eks_node_group.a": {}}, {"machine_types": "t3.medium"}),
        ({"aws_autoscaling_group.a": {**GROUP,
                                      "launch_configuration": "@aws_launch_configuration.c.id"},
          "aws_launch_configuration.c": {"instance_type": "g5.xlarge"}},
         {"machine_types": "g5.xlarge"}),
        ({"aws_instance.a": {"launch_template": [{"id": "@aws_launch_template.t.id"}]},
          "aws_launch_template.t": TEMPLATE}, {"machine_types": "m5.large"}),
        ({"aws_spot_instance_request.a": {"instance_type": "p3.2xlarge"}},
         {"machine_types": "p3.2xlarge"}),
        ({"google_container_node_pool.a": {"node_config": [GPU]}},
         {"machine_types": "n1-standard-8", "accelerators": "nvidia-tesla-t4"}),
        ({"google_compute_region_instance_group_manager.a": {
            "version": [{"instance_template": "@google_compute_instance_template.t.id"}]},
          "google_compute_instance_template.t": {"machine_type": "a2-highgpu-1g"}},
         {"machine_types": "a2-highgpu-1g"}),
        ({"google_compute_instance_group_manager.a": {
            "version": [{"instance_template": "@google_compute_instance_template.t.id"}]},
          "google_compute_instance_template.t": GPU},
         {"machine_types": "n1-standard-8", "accelerators": "nvidia-tesla-t4"}),
        ({"google_container_cluster.a": {"location": "x", "node_pool": [{"node_config": [GPU]}]}},
         {"machine_types": "n1-standard-8", "accelerators": "nvidia-tesla-t4"}),
        ({"azurerm_linux_virtual_machine_scale_set.a": {"sku": "Standard_NC6s_v3"}},
         {"machine_types": "Standard_NC6s_v3"}),
        # The address of a type, as the API has it: rules on names did not match it.
        ({"google_compute_instance.a": {
            "machine_type": "zones/europe-west4-a/machineTypes/n1-standard-8"}},
         {"machine_types": "n1-standard-8"}),
        ({"aws_s3_bucket.a": {}}, {}),
    ],
)  # fmt: skip
def test_rules_see_every_machine_wherever_it_stands(
    resources: dict[str, dict[str, Any]], expected: dict[str, str | None]
) -> None:
    assert machine_types(resources) == expected
