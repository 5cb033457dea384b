"""What scales counts as what it must and may become."""

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.policies.deployment.made_plans import (
    GROUP,
    POOL,
    TEMPLATE,
    bounds,
    line,
    mixed,
)

TASK = {"cpu": "1024", "memory": "2048"}
LARGE = Decimal("70.88")  # an hour of m5.large is 0.096; 10 GB of gp3


@pytest.mark.parametrize(("share", "said"), [(25, True), (100, False), (None, False)])
def test_only_a_group_with_spot_machines_says_that_they_count_as_on_demand(
    share: int | None, said: bool
) -> None:
    resources = mixed({"instance_type": "m5.large"})
    (policy,) = resources["aws_autoscaling_group.a"]["mixed_instances_policy"]
    policy["instances_distribution"] = [{"on_demand_percentage_above_base_capacity": share}]
    assert ("spot machines counted as on demand" in line(resources)["note"]) == said
    single: dict[str, dict[str, Any]] = {"aws_autoscaling_group.a": {**GROUP, "launch_template": [
        {"id": "@aws_launch_template.t.id"}]}, "aws_launch_template.t": TEMPLATE}  # fmt: skip
    assert "demand" not in line(single)["note"]


def test_mixed_group_counts_as_the_dearest_that_it_may_run_on() -> None:
    found = line(mixed({"instance_type": "m5.large"}, {"instance_type": "m5.4xlarge"}))
    dear = Decimal("561.44")
    assert bounds(found) == (str(LARGE), str(2 * dear), str(10 * dear))
    assert "dearest of 2" in found["note"]


def test_weighted_machine_counts_for_its_units() -> None:
    found = line(mixed({"instance_type": "m5.4xlarge", "weighted_capacity": "8"}))
    assert found["monthly_after"] == "140.36"


def test_mixed_group_with_requirements_names_the_gap() -> None:
    found = line(mixed({"instance_requirements": [{"vcpu_count": [{"min": 64}]}]}))
    assert found["not_counted"] == ["instance_requirements"]


def test_group_of_several_versions_counts_as_the_dearest() -> None:
    versions = [{"instance_template": f"@google_compute_instance_template.{n}.id"} for n in "bc"]
    templates = {f"google_compute_instance_template.{n}": {"machine_type": f"n2-standard-{size}"}
                 for n, size in (("b", 2), ("c", 8))}  # fmt: skip
    manager = {"target_size": 1, "version": versions}
    found = line({"google_compute_instance_group_manager.a": manager, **templates})
    low, likely, _ = map(Decimal, bounds(found))
    assert likely / low == pytest.approx(Decimal(4), Decimal("0.001"))


def group(**schedule: Any) -> dict[str, dict[str, Any]]:
    return {
        "aws_autoscaling_group.a": {**GROUP,
                                    "launch_template": [{"id": "@aws_launch_template.t.id"}]},
        "aws_launch_template.t": TEMPLATE,
        "aws_autoscaling_schedule.s": {"autoscaling_group_name": "@aws_autoscaling_group.a.name",
                                       **schedule},
    }  # fmt: skip


def test_schedule_sets_what_is_likely_and_high() -> None:
    found = line(group(min_size=5, max_size=40, desired_capacity=-1))
    assert bounds(found) == (str(LARGE), str(5 * LARGE), str(40 * LARGE))
    night = line(group(min_size=0, max_size=0, desired_capacity=0))
    assert bounds(night) == ("0.00", str(2 * LARGE), str(10 * LARGE))


def test_new_schedule_of_an_unchanged_group_has_its_cost() -> None:
    resources = group(min_size=5, max_size=40)
    kept = frozenset({"aws_autoscaling_group.a", "aws_launch_template.t"})
    resources["aws_autoscaling_group.a"]["launch_template"] = [{"id": "aws_launch_template.t"}]
    resources["aws_autoscaling_schedule.s"]["autoscaling_group_name"] = "aws_autoscaling_group.a"
    found = line(resources, "aws_autoscaling_group.a", unchanged=kept)
    assert found["monthly_before"] == str(2 * LARGE)
    assert found["monthly_after"] == str(5 * LARGE)


def test_scaling_target_sets_the_number_of_tasks() -> None:
    resources: dict[str, dict[str, Any]] = {
        "aws_ecs_service.a": {"launch_type": "FARGATE", "desired_count": 1, "name": "web",
                              "task_definition": "@aws_ecs_task_definition.t.arn"},
        "aws_ecs_task_definition.t": TASK,
        "aws_appautoscaling_target.t": {"resource_id": "service/prod/web", "min_capacity": 4,
                                        "max_capacity": 20},
    }  # fmt: skip
    found = line(resources)
    assert [Decimal(n) / Decimal("36.0401") for n in bounds(found)] == pytest.approx(
        [1, 4, 20], 0.001
    )
    target = line(resources, "aws_appautoscaling_target.t")
    assert (target["status"], target["monthly_after"]) == ("priced", "0.00")


@pytest.mark.parametrize("named", ["service/prod/web", "@aws_appautoscaling_target.t.resource_id"])
def test_scheduled_action_sets_the_number_of_tasks(named: str) -> None:
    """It was free: a schedule of 400 tasks cost nothing."""
    found = line({
        "aws_ecs_service.a": {"launch_type": "FARGATE", "desired_count": 1, "name": "web",
                              "task_definition": "@aws_ecs_task_definition.t.arn"},
        "aws_ecs_task_definition.t": TASK,
        "aws_appautoscaling_target.t": {"resource_id": "@aws_ecs_service.a.id",
                                        "min_capacity": 2, "max_capacity": 3},
        "aws_appautoscaling_scheduled_action.s": {
            "resource_id": named,
            "scalable_target_action": [{"min_capacity": "4", "max_capacity": "20"}]},
    })  # fmt: skip
    assert [Decimal(n) / Decimal("36.0401") for n in bounds(found)] == pytest.approx(
        [1, 4, 20], 0.001
    )


@pytest.mark.parametrize(
    ("kind", "free", "gap"),
    [
        ("aws_cloudwatch_event_target", {"sqs_target": [{"message_group_id": "x"}]},
         {"ecs_target": [{"launch_type": "FARGATE", "task_count": 50}]}),
        ("aws_lambda_event_source_mapping", {"scaling_config": [{"maximum_concurrency": 9}]},
         {"provisioned_poller_config": [{"minimum_pollers": 200}]}),
        ("aws_ecs_capacity_provider", {"auto_scaling_group_provider": [{"x": "y"}]},
         {"managed_instances_provider": [{"infrastructure_role_arn": "x"}]}),
    ],
)  # fmt: skip
def test_what_only_a_trigger_starts_is_named(
    kind: str, free: dict[str, Any], gap: dict[str, Any]
) -> None:
    found = [line({f"{kind}.x": values}) for values in (free, {**free, **gap})]
    assert [entry["not_counted"] for entry in found] == [[], list(gap)]
    assert {(entry["status"], entry["monthly_after"]) for entry in found} == {("priced", "0.00")}


def test_target_of_something_else_is_unknown_not_free() -> None:
    found = line({"aws_appautoscaling_target.t": {"resource_id": "service/prod/web",
                                                  "min_capacity": 400}})  # fmt: skip
    assert found["status"] == "unknown"


def test_autoscaler_sets_the_size_of_its_group() -> None:
    found = line({
        "google_compute_instance_group_manager.a": {
            "version": [{"instance_template": "@google_compute_instance_template.t.id"}]},
        "google_compute_instance_template.t": {"machine_type": "n2-standard-2"},
        "google_compute_autoscaler.s": {
            "target": "@google_compute_instance_group_manager.a.id",
            "autoscaling_policy": [{"min_replicas": 3, "max_replicas": 9}]},
    })  # fmt: skip
    low, likely, high = map(Decimal, bounds(found))
    assert likely / low == pytest.approx(Decimal(3), Decimal("0.001"))
    assert high / low == pytest.approx(Decimal(9), Decimal("0.001"))


def pools(cluster: dict[str, Any], **pool: Any) -> Decimal:
    found = line({"google_container_node_pool.a": {
        **POOL, "cluster": "@google_container_cluster.c.name", **pool},
        "google_container_cluster.c": {**cluster, "remove_default_node_pool": True}})  # fmt: skip
    return Decimal(found["monthly_after"])


def times(number: int, one: Decimal) -> Any:
    return pytest.approx(number * one, abs=Decimal("0.05"))


def test_node_pool_counts_in_each_of_its_zones() -> None:
    zones = ["europe-west4-a", "europe-west4-b", "europe-west4-c"]
    one = pools({"location": "europe-west4-a"}, location="europe-west4-a")
    assert pools({}, location="europe-west4-a", node_locations=zones) == times(3, one)
    assert pools({}, location="europe-west4", node_locations=zones[:2]) == times(2, one)
    assert pools({}, location="europe-west4") == times(3, one)
    beside = {"location": "europe-west4-a", "node_locations": zones[1:]}
    assert pools(beside, location="europe-west4-a") == times(3, one)
    together = [{"total_min_node_count": 4, "total_max_node_count": 9}]
    assert pools({}, location="europe-west4", autoscaling=together) == times(4, one)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"total_min_node_count": 4, "total_max_node_count": 9}, False),
        ({"max_node_count": 9}, True),
    ],
)
def test_only_counts_of_each_zone_are_said_to_be_so(limits: dict[str, int], said: bool) -> None:
    found = line({"google_container_node_pool.a": {
        **POOL, "location": "europe-west4", "autoscaling": [limits]}})  # fmt: skip
    assert ("per zone" in found["note"]) == said


def test_node_pools_inside_a_cluster_are_counted() -> None:
    bare = line({"google_container_cluster.a": {"location": "europe-west4"}})
    found = line({"google_container_cluster.a": {
        "location": "europe-west4", "node_pool": [POOL]}})  # fmt: skip
    each = pools({}, location="europe-west4")
    assert Decimal(found["monthly_after"]) - Decimal(bare["monthly_after"]) == each


def test_replica_is_of_the_engine_and_size_of_its_source() -> None:
    source = {"engine": "postgres", "instance_class": "db.m5.large", "allocated_storage": 100}
    found = line({
        "aws_db_instance.a": {"instance_class": "db.t3.medium",
                              "replicate_source_db": "@aws_db_instance.s.identifier"},
        "aws_db_instance.s": source,
    })  # fmt: skip
    # 0.072 x 730 and 100 GB of gp2.
    assert (found["monthly_after"], found["not_counted"]) == ("64.06", [])


@pytest.mark.parametrize(
    ("kind", "link", "source", "own"),
    [
        ("azurerm_postgresql_flexible_server", "source_server_id",
         {"sku_name": "GP_Standard_D2s_v3", "storage_mb": 131072, "location": "westeurope"},
         {"create_mode": "Replica", "location": "westeurope"}),
        ("google_sql_database_instance", "master_instance_name",
         {"database_version": "POSTGRES_15",
          "settings": [{"tier": "db-custom-2-7680", "disk_size": 500}]},
         {"database_version": "POSTGRES_15", "settings": [{"tier": "db-custom-2-7680"}]}),
    ],
)  # fmt: skip
def test_replica_costs_what_its_source_does_unless_it_says_otherwise(
    kind: str, link: str, source: dict[str, Any], own: dict[str, Any]
) -> None:
    resources = {f"{kind}.a": {**own, link: f"@{kind}.s.name"}, f"{kind}.s": source}
    assert line(resources)["status"] == "priced"
    assert bounds(line(resources)) == bounds(line(resources, f"{kind}.s"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"instance_class": "db.r6g.large"}, "246.74"),
        ({"instance_class": "db.serverless"}, "56.94"),
    ],
)
def test_aurora_with_requests_included_pays_more_for_its_instances(
    values: dict[str, Any], expected: str
) -> None:
    found = line({
        "aws_rds_cluster_instance.i": {**values, "cluster_identifier": "@aws_rds_cluster.c.id"},
        "aws_rds_cluster.c": {"engine": "aurora-postgresql", "storage_type": "aurora-iopt1",
                              "serverlessv2_scaling_configuration": [
                                  {"min_capacity": 0.5, "max_capacity": 8}]},
    })  # fmt: skip
    assert found["monthly_after"] == expected


def test_unchanged_resource_pays_for_what_it_refers_to_by_a_single_value() -> None:
    """An Aurora instance scales as its cluster says, and the cluster alone is changed."""

    def scaling(most: float) -> dict[str, Any]:
        return {
            "serverlessv2_scaling_configuration": [{"min_capacity": most, "max_capacity": most}]
        }

    resources = {
        "aws_rds_cluster_instance.i": {"instance_class": "db.serverless",
                                       "cluster_identifier": "aws_rds_cluster.c"},
        "aws_rds_cluster.c": {"engine": "aurora-postgresql", **scaling(256)},
    }  # fmt: skip
    found = line(resources, unchanged=frozenset({"aws_rds_cluster_instance.i"}),
                 updated={"aws_rds_cluster.c": scaling(0.5)})  # fmt: skip
    before, after = (Decimal(found[side]) for side in ("monthly_before", "monthly_after"))
    assert after == pytest.approx(512 * before, Decimal("0.001"))
