"""What costs and is not counted is named."""

from decimal import Decimal
from typing import Any

import pytest

from policies.deployment.estimate import estimate
from tests.unit.policies.deployment.made_plans import (
    TEMPLATE,
    bounds,
    line,
    planned,
)


@pytest.mark.parametrize(
    ("address", "values", "gap"),
    [
        ("aws_eks_cluster.a", {"compute_config": [{"enabled": True}]}, "compute_config"),
        ("aws_ecs_service.a", {"launch_type": "EC2", "volume_configuration": [{"name": "x"}]},
         "volume_configuration"),
        ("aws_lb.a", {"minimum_load_balancer_capacity": [{"capacity_units": 500}]},
         "minimum_load_balancer_capacity"),
        ("aws_autoscaling_group.a", {"min_size": 1, "max_size": 1, "warm_pool": [{"min_size": 2}],
                                     "launch_template": [{"id": "@aws_launch_template.t.id"}]},
         "warm_pool"),
        ("aws_db_instance.a", {"engine": "mysql", "instance_class": "db.m5.large",
                               "snapshot_identifier": "nightly"}, "storage, whose size"),
        ("aws_db_instance.a", {"engine": "mysql", "instance_class": "db.m5.large",
                               "allocated_storage": 9, "dedicated_log_volume": True},
         "dedicated_log_volume"),
        ("aws_lambda_function.a", {"ephemeral_storage": [{"size": 4096}]}, "ephemeral disk"),
        ("azurerm_kubernetes_cluster.a",
         {"default_node_pool": [{"vm_size": "Standard_D2s_v3", "node_count": 1}],
          "monitor_metrics": [{"labels_allowed": "x"}]}, "monitor_metrics"),
        ("google_container_cluster.a", {"location": "europe-west4", "initial_node_count": 0,
                                        "cluster_autoscaling": [{"enabled": True}]},
         "cluster_autoscaling"),
        ("google_cloudfunctions_function.a", {"min_instances": 3}, "min_instances"),
    ],
)  # fmt: skip
def test_block_that_costs_and_is_not_read_is_named(
    address: str, values: dict[str, Any], gap: str
) -> None:
    plan = planned({address: values, "aws_launch_template.t": TEMPLATE})
    found = estimate(plan).to_dict()
    named = next(entry for entry in found["lines"] if entry["address"] == address)
    assert named["status"] == "priced"
    assert gap in ", ".join(named["not_counted"])
    assert "not counted" in named["note"]
    assert found["coverage_pct"] == 0


def test_block_that_is_free_or_says_nothing_is_no_gap() -> None:
    values = {"compute_config": [{"enabled": False, "node_pools": []}],
              "vpc_config": [{"subnet_ids": ["a"]}], "timeouts": {"create": "1h"},
              "tags": {"a": "b"}, "kubernetes_network_config": [
                  {"elastic_load_balancing": [{"enabled": False}], "ip_family": "ipv4"}],
    }  # fmt: skip
    assert line({"aws_eks_cluster.a": values})["not_counted"] == []


def test_gap_that_is_only_known_after_the_change_is_named() -> None:
    found = line(
        {"aws_eks_cluster.a": {"compute_config": [{"node_role_arn": "@aws_iam_role.r.id"}]}}
    )
    assert found["not_counted"] == ["compute_config"]


TASK = {"cpu": "1024", "memory": "2048"}
FARGATE = "36.04"


@pytest.mark.parametrize(
    ("service", "task", "expected"),
    [
        ({"launch_type": "FARGATE"}, TASK, (FARGATE,) * 3),
        ({}, {**TASK, "requires_compatibilities": ["FARGATE"]}, (FARGATE,) * 3),
        ({}, {**TASK, "requires_compatibilities": ["EC2", "FARGATE"]}, ("0.00", FARGATE, FARGATE)),
        ({}, TASK, ("0.00", FARGATE, FARGATE)),
        ({}, {**TASK, "requires_compatibilities": ["EC2"]}, ("0.00",) * 3),
        ({}, {"container_definitions": "[]"}, ("0.00",) * 3),
        ({"capacity_provider_strategy": [{"capacity_provider": "mine"},
                                         {"capacity_provider": "FARGATE"}]}, TASK, (FARGATE,) * 3),
        ({"capacity_provider_strategy": [{"capacity_provider": "mine"}]}, TASK, ("0.00",) * 3),
    ],
)  # fmt: skip
def test_service_without_launch_type_is_not_taken_for_free(
    service: dict[str, Any], task: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    values = {**service, "task_definition": "@aws_ecs_task_definition.t.arn"}
    found = line({"aws_ecs_service.a": values, "aws_ecs_task_definition.t": task})
    assert bounds(found) == expected


def test_service_whose_task_is_elsewhere_is_unknown() -> None:
    assert line({"aws_ecs_service.a": {"desired_count": 2}})["status"] == "unknown"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        # 10 GB x 0.25, and (5 x 0.00013 + 5 x 0.00065) x 730 of an index.
        ({"aws_dynamodb_table.a": {"read_capacity": 0, "write_capacity": 0,
                                   "global_secondary_index": [{"read_capacity": 5,
                                                               "write_capacity": 5}]}}, "5.35"),
        # The same 10 GB in three regions.
        ({"aws_dynamodb_table.a": {"replica": [{"region_name": "a"}, {"region_name": "b"}]}},
         "7.50"),
        ({"aws_dynamodb_table.a": {"point_in_time_recovery": [{"enabled": True}]}}, "4.50"),
        # 100 GB and 100 M requests of Aurora, 2 units x 0.06 x 730.
        ({"aws_rds_cluster.a": {"engine": "aurora-mysql", "engine_mode": "serverless",
                                "scaling_configuration": [{"min_capacity": 2,
                                                           "max_capacity": 64}]}}, "99.60"),
        # 400 x 0.115 + 1,000 above 12,000 x 0.02 + 0.178 x 730.
        ({"aws_db_instance.a": {"engine": "postgres", "instance_class": "db.m5.large",
                                "allocated_storage": 400, "storage_type": "gp3",
                                "iops": 13000}}, "195.94"),
        # Two disks of P4 for each of two machines: 2 x (0.115 x 730 + 5.81 + 5.81).
        ({"azurerm_linux_virtual_machine_scale_set.a": {
            "sku": "Standard_D2s_v5", "instances": 2,
            "os_disk": [{"storage_account_type": "Premium_LRS", "disk_size_gb": 32}],
            "data_disk": [{"storage_account_type": "Premium_LRS", "disk_size_gb": 32}]}},
         "191.14"),
        # 3.65 for its address beside 0.0208 x 730 and 8 GB.
        ({"aws_instance.a": {"instance_type": "t3.small", "associate_public_ip_address": True}},
         "19.47"),
    ],
)  # fmt: skip
def test_what_was_a_silent_zero_has_its_price(
    resources: dict[str, dict[str, Any]], expected: str
) -> None:
    found = line(resources)
    assert found["not_counted"] == []
    assert found["monthly_after"] == expected


def test_instances_kept_warm_are_paid_for() -> None:
    idle = line({"google_cloud_run_v2_service.a": {}})
    warm = line({"google_cloud_run_v2_service.a": {"template": [{
        "scaling": [{"min_instance_count": 2}],
        "containers": [{"resources": [{"limits": {"cpu": "2000m", "memory": "1Gi"}}]}],
    }]}})  # fmt: skip
    # 2 x (2 cores + 1 GB) x 0.0000025 x 730 hours.
    assert Decimal(warm["monthly_after"]) - Decimal(idle["monthly_after"]) == Decimal("39.42")
    always = line({"google_cloud_run_v2_service.a": {"template": [{
        "scaling": [{"min_instance_count": 2}],
        "containers": [{"resources": [{"limits": {"cpu": "2000m", "memory": "1Gi"},
                                       "cpu_idle": False}]}],
    }]}})  # fmt: skip
    # All of their time is paid for, and no request: 2 x (2 x 0.000018 + 1 x 0.000002) a second,
    # beside 200,000 x 0.000018 + 100,000 x 0.000002 for others.
    assert always["monthly_after"] == "203.53"
    annotated = line({"google_cloud_run_service.a": {"template": [{"metadata": [
        {"annotations": {"autoscaling.knative.dev/minScale": "1"}}]}]}})  # fmt: skip
    assert Decimal(annotated["monthly_after"]) > Decimal(idle["monthly_after"])


def test_containers_beyond_the_first_of_a_warm_instance_are_named() -> None:
    def gaps(containers: int, warm: int) -> list[str]:
        template = {"containers": [{"image": "a"}] * containers,
                    "scaling": [{"min_instance_count": warm}]}  # fmt: skip
        found = line({"google_cloud_run_v2_service.a": {"template": [template]}})
        return list(found["not_counted"])

    assert gaps(2, 1) == ["containers beyond the first"]
    assert gaps(2, 0) == gaps(1, 1) == []
