"""Attributes that change what a resource costs are in its price, or named as not counted."""

from typing import Any

import pytest

from tests.unit.policies.deployment.made_plans import GROUP, TEMPLATE, line

MACHINE = {"instance_type": "m5.large"}
DATABASE = {"engine": "postgres", "instance_class": "db.t3.medium", "allocated_storage": 50}
CLUSTER = {"engine": "aurora-mysql"}
CACHE = {"engine": "redis", "node_type": "cache.t3.micro"}
INTERFACE = {"vpc_endpoint_type": "Interface", "subnet_ids": ["subnet-1"]}
LINUX = {"size": "Standard_D2s_v3", "os_disk": [{"storage_account_type": "Premium_LRS"}]}
SET = {"sku": "Standard_D2s_v3", "instances": 1, "os_disk": [{}]}
AZURE_DISK = {"storage_account_type": "Premium_LRS", "disk_size_gb": 64}
AKS_POOL = {"vm_size": "Standard_D2s_v3", "node_count": 1}
AKS = {"default_node_pool": [AKS_POOL]}
POSTGRES = {"sku_name": "GP_Standard_D2s_v3", "storage_mb": 131072}
SEARCH = {"cluster_config": [{"instance_type": "m6g.large.search"}]}
MSSQL = {"sku_name": "GP_Gen5_2", "max_size_gb": 32}
STORE = {"account_tier": "Standard", "account_replication_type": "LRS"}
VM = {"machine_type": "e2-medium", "zone": "europe-west4-a",
      "boot_disk": [{"initialize_params": [{"size": 10}]}]}  # fmt: skip
SQL = {"database_version": "POSTGRES_15", "settings": [{"tier": "db-custom-2-7680"}]}
GKE = {"location": "europe-west4", "initial_node_count": 0, "remove_default_node_pool": True}
NODES = [{"min_size": 1, "desired_size": 1, "max_size": 1}]
POOL = {"node_count": 1, "location": "europe-west4-a"}


def settings(**more: Any) -> dict[str, Any]:
    return {**SQL, "settings": [{"tier": "db-custom-2-7680", **more}]}


def node(**more: Any) -> dict[str, Any]:
    return {**POOL, "node_config": [{"machine_type": "n2-standard-2", **more}]}


COSTLY: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("aws_ebs_volume.a", {"type": "gp3", "size": 8}, {"outpost_arn": "arn:aws:x"}, "outpost_arn"),
    ("aws_instance.a", MACHINE, {"host_id": "h-1"}, "host_id"),
    ("aws_instance.a", MACHINE, {"host_resource_group_arn": "arn:x"}, "host_resource_group_arn"),
    ("aws_instance.a", {"instance_type": "t3.small"},
     {"cpu_options": [{"amd_sev_snp": "enabled"}]}, "cpu_options.amd_sev_snp"),
    ("aws_eks_node_group.a", {"scaling_config": NODES},
     {"capacity_type": "CAPACITY_BLOCK"}, "capacity_type"),
    ("aws_autoscaling_group.a", {**GROUP, "launch_template": [{"id": "@aws_launch_template.t.id"}]},
     {"desired_capacity_type": "vcpu"}, "desired_capacity_type"),
    ("aws_db_instance.a", DATABASE, {"database_insights_mode": "advanced"},
     "database_insights_mode"),
    ("aws_db_instance.a", DATABASE, {"backup_target": "outposts"}, "backup_target"),
    ("aws_db_instance.a", DATABASE, {"engine_version": "11.22"}, "extended support of its version"),
    ("aws_rds_cluster.a", CLUSTER, {"backtrack_window": 3600}, "backtrack_window"),
    ("aws_rds_cluster.a", CLUSTER, {"enable_http_endpoint": True}, "enable_http_endpoint"),
    ("aws_rds_cluster.a", CLUSTER, {"performance_insights_retention_period": 31},
     "performance_insights_retention_period"),
    ("aws_rds_cluster.a", CLUSTER, {"engine_version": "5.7.mysql_aurora.2.11.2"},
     "extended support of its version"),
    ("aws_elasticache_replication_group.a", CACHE, {"engine_version": "5.0.6"},
     "extended support of its version"),
    ("aws_dynamodb_table.a", {"billing_mode": "PAY_PER_REQUEST"},
     {"table_class": "STANDARD_INFREQUENT_ACCESS"}, "table_class"),
    ("aws_s3_bucket.a", {}, {"acceleration_status": "Enabled"}, "acceleration_status"),
    ("aws_kms_key.a", {}, {"customer_master_key_spec": "ECC_NIST_P256"},
     "customer_master_key_spec"),
    ("aws_sns_topic.a", {}, {"fifo_topic": True}, "fifo_topic"),
    ("aws_sns_topic.a", {}, {"sqs_success_feedback_role_arn": "arn:aws:iam::1:role/x"},
     "sqs_success_feedback_role_arn"),
    ("aws_cloudwatch_metric_alarm.a", {"metric_query": [{"id": "a"}]},
     {"threshold_metric_id": "a"}, "threshold_metric_id"),
    ("aws_nat_gateway.a", {}, {"availability_mode": "regional"}, "availability_mode"),
    ("aws_acm_certificate.a", {}, {"options": [{"export": "ENABLED"}]}, "options.export"),
    ("aws_lambda_event_source_mapping.a", {},
     {"provisioned_poller_config": [{"minimum_pollers": 2}]}, "provisioned_poller_config"),
    ("aws_ecs_capacity_provider.a", {},
     {"managed_instances_provider": [{"infrastructure_role_arn": "a"}]},
     "managed_instances_provider"),
    ("aws_opensearch_domain.a", SEARCH, {"engine_version": "Elasticsearch_7.4"},
     "extended support of its version"),
    ("aws_opensearch_domain.a", SEARCH, {"ebs_options": [
        {"ebs_enabled": True, "volume_type": "gp3", "volume_size": 10, "throughput": 500}]},
     "ebs_options.throughput"),
    ("aws_kinesis_stream.a", {"shard_count": 1}, {"shard_level_metrics": ["IncomingBytes"]},
     "shard_level_metrics"),
    ("aws_redshift_cluster.a", {"node_type": "dc2.large"},
     {"automated_snapshot_retention_period": 7}, "automated_snapshot_retention_period"),
    ("aws_cloudfront_distribution.a", {"viewer_certificate": [{"ssl_support_method": "sni-only"}]},
     {"viewer_certificate": [{"ssl_support_method": "vip"}]},
     "viewer_certificate.ssl_support_method"),
    ("aws_cloudfront_distribution.a", {},
     {"origin": [{"domain_name": "a"}, {"origin_shield": [{"enabled": True}]}]},
     "origin.*.origin_shield.*.enabled"),
    ("aws_vpc_endpoint.a", INTERFACE, {"service_region": "eu-west-1"}, "service_region"),
    ("google_artifact_registry_repository.a", {"format": "DOCKER"},
     {"vulnerability_scanning_config": [{"enablement_config": "ENABLED"}]},
     "vulnerability_scanning_config.enablement_config"),
    ("azurerm_managed_disk.a", AZURE_DISK, {"max_shares": 2}, "max_shares"),
    ("azurerm_managed_disk.a", AZURE_DISK, {"on_demand_bursting_enabled": True},
     "on_demand_bursting_enabled"),
    ("azurerm_linux_virtual_machine.a", LINUX, {"dedicated_host_id": "/x"}, "dedicated_host_id"),
    ("azurerm_linux_virtual_machine.a", LINUX,
     {"additional_capabilities": [{"ultra_ssd_enabled": True}]},
     "additional_capabilities.ultra_ssd_enabled"),
    ("azurerm_linux_virtual_machine.a", LINUX,
     {"source_image_reference": [{"publisher": "RedHat", "offer": "RHEL"}]},
     "the licence of its image"),
    ("azurerm_linux_virtual_machine.a", LINUX,
     {"source_image_reference": [{"publisher": "Canonical", "offer": "0001-com-ubuntu-pro-jammy"}]},
     "the licence of its image"),
    ("azurerm_linux_virtual_machine_scale_set.a", SET,
     {"network_interface": [{"ip_configuration": [{"name": "a"}, {
         "public_ip_address": [{"name": "out"}]}]}]},
     "network_interface.*.ip_configuration.*.public_ip_address"),
    ("azurerm_kubernetes_cluster.a", AKS, {"http_application_routing_enabled": True},
     "http_application_routing_enabled"),
    ("azurerm_kubernetes_cluster_node_pool.a", AKS_POOL, {"node_public_ip_enabled": True},
     "node_public_ip_enabled"),
    ("azurerm_service_plan.a", {"sku_name": "P1v3", "os_type": "Linux"},
     {"zone_balancing_enabled": True}, "zone_balancing_enabled"),
    ("azurerm_mssql_database.a", MSSQL, {"zone_redundant": True}, "zone_redundant"),
    ("azurerm_mssql_database.a", MSSQL, {"read_replica_count": 2}, "read_replica_count"),
    ("azurerm_mssql_database.a", {"sku_name": "S0"}, {"max_size_gb": 500}, "max_size_gb"),
    ("azurerm_postgresql_flexible_server.a", POSTGRES, {"geo_redundant_backup_enabled": True},
     "geo_redundant_backup_enabled"),
    ("azurerm_storage_account.a", STORE, {"sftp_enabled": True}, "sftp_enabled"),
    ("azurerm_storage_account.a", STORE, {"is_hns_enabled": True}, "is_hns_enabled"),
    ("azurerm_public_ip.a", {}, {"ddos_protection_mode": "Enabled"}, "ddos_protection_mode"),
    ("azurerm_lb.a", {}, {"sku_tier": "Global"}, "sku_tier"),
    ("azurerm_key_vault.a", {}, {"sku_name": "premium"}, "sku_name"),
    ("google_compute_instance.a", VM,
     {"confidential_instance_config": [{"enable_confidential_compute": True}]},
     "confidential_instance_config.enable_confidential_compute"),
    ("google_compute_instance.a", VM,
     {"network_performance_config": [{"total_egress_bandwidth_tier": "TIER_1"}]},
     "network_performance_config.total_egress_bandwidth_tier"),
    ("google_compute_instance.a", VM,
     {"boot_disk": [{"initialize_params": [{"size": 64, "image": "windows-cloud/windows-2022"}]}]},
     "the licence of its image"),
    ("google_compute_instance.a", VM,
     {"scheduling": [{"node_affinities": [{"key": "group", "values": ["a"]}]}]},
     "scheduling.node_affinities"),
    ("google_compute_disk.a", {"type": "pd-ssd", "size": 10}, {"provisioned_iops": 9000},
     "provisioned_iops"),
    ("google_container_node_pool.a", node(), node(local_ssd_count=2), "local_ssd_count"),
    ("google_container_node_pool.a", node(), node(image_type="WINDOWS_LTSC_CONTAINERD"),
     "the licence of its image"),
    ("google_container_cluster.a", GKE, {"enterprise_config": [{"desired_tier": "ENTERPRISE"}]},
     "enterprise_config.desired_tier"),
    ("google_container_cluster.a", GKE, {"release_channel": [{"channel": "EXTENDED"}]},
     "release_channel.channel"),
    ("google_sql_database_instance.a", SQL, settings(edition="ENTERPRISE_PLUS"),
     "settings.edition"),
    ("google_sql_database_instance.a", SQL, {"database_version": "MYSQL_5_7"},
     "extended support of its version"),
    ("google_storage_bucket.a", {"location": "EU"}, {"rpo": "ASYNC_TURBO"}, "rpo"),
    ("google_storage_bucket.a", {"location": "EU"}, {"autoclass": [{"enabled": True}]},
     "autoclass.enabled"),
    ("google_compute_router_nat.a", {}, {"type": "PRIVATE"}, "type"),
]  # fmt: skip


def beside(address: str, values: dict[str, Any]) -> dict[str, Any]:
    return {address: values, "aws_launch_template.t": TEMPLATE}


@pytest.mark.parametrize(("address", "values", "more", "gap"), COSTLY)
def test_attribute_that_costs_is_named_and_without_it_nothing_is(
    address: str, values: dict[str, Any], more: dict[str, Any], gap: str
) -> None:
    plain, dearer = (line(beside(address, v)) for v in (values, {**values, **more}))
    assert (plain["status"], plain["not_counted"]) == ("priced", [])
    assert (dearer["status"], dearer["not_counted"]) == ("priced", [gap])


FREE: list[tuple[str, dict[str, Any]]] = [
    ("aws_autoscaling_group.a", {**GROUP, "launch_template": [{"id": "@aws_launch_template.t.id"}],
                                 "desired_capacity_type": "units"}),
    ("aws_instance.a", {**MACHINE, "ebs_optimized": True, "host_id": ""}),
    ("aws_rds_cluster.a", {**CLUSTER, "engine_version": "8.0.mysql_aurora.3.08.0"}),
    ("aws_db_instance.a", {**DATABASE, "engine_version": "16.4",
                           "database_insights_mode": "standard"}),
    ("aws_db_instance.a", {**DATABASE, "engine_version": "12.9", "engine_lifecycle_support":
                           "open-source-rds-extended-support-disabled"}),
    # The provider writes out the endpoint's own region, and the project's setting.
    ("aws_vpc_endpoint.a", {**INTERFACE, "service_region": "us-east-1"}),
    ("google_artifact_registry_repository.a",
     {"vulnerability_scanning_config": [{"enablement_config": "INHERITED"}]}),
    ("azurerm_managed_disk.a", {**AZURE_DISK, "max_shares": 1}),
    ("azurerm_postgresql_flexible_server.a", {**POSTGRES, "storage_tier": "P10"}),
    ("azurerm_mssql_database.a", {"sku_name": "S0", "max_size_gb": 250}),
    ("azurerm_linux_virtual_machine.a", {**LINUX, "license_type": "RHEL_BYOS",
        "source_image_reference": [{"publisher": "redhat", "offer": "rhel-byos"}]}),
    ("azurerm_service_plan.a", {"sku_name": "P1v3", "os_type": "Linux", "worker_count": 3,
                                "zone_balancing_enabled": True}),
    ("azurerm_public_ip.a", {"ddos_protection_mode": "VirtualNetworkInherited"}),
    ("google_container_cluster.a", {**GKE, "release_channel": [{"channel": "REGULAR"}]}),
    ("google_sql_database_instance.a", settings(edition="ENTERPRISE")),
]  # fmt: skip


@pytest.mark.parametrize(("address", "values"), FREE)
def test_value_that_costs_nothing_is_not_named(address: str, values: dict[str, Any]) -> None:
    assert line(beside(address, values))["not_counted"] == []


def test_attribute_whose_value_the_plan_does_not_tell_may_cost() -> None:
    found = line({"aws_instance.a": {**MACHINE, "host_id": "@aws_ec2_host.a.id"}})
    assert found["not_counted"] == ["host_id"]


def test_what_a_template_costs_is_named_where_it_is_used() -> None:
    template = {"instance_type": "m5.large", "placement": [{"host_id": "h-1"}]}
    group = {**GROUP, "launch_template": [{"id": "@aws_launch_template.t.id"}]}
    found = line({"aws_autoscaling_group.a": group, "aws_launch_template.t": template})
    assert found["not_counted"] == ["placement.host_id"]
    dear = {"block_device_mappings": [{"ebs": [
        {"volume_type": "io2", "volume_size": 100, "iops": 9000}]}]}  # fmt: skip
    nodes = {"scaling_config": NODES, "instance_types": ["m5.large"],
             "launch_template": [{"id": "@aws_launch_template.t.id"}]}  # fmt: skip
    found = line({"aws_eks_node_group.a": nodes, "aws_launch_template.t": dear})
    assert found["not_counted"] == [
        "launch_template -> block_device_mappings.ebs.volume_type",
        "launch_template -> block_device_mappings.ebs.iops",
    ]


def test_second_disk_of_a_node_groups_template_is_named() -> None:
    """Only the first was counted, and nothing said of the others."""
    disk = {"ebs": [{"volume_type": "gp3", "volume_size": 100}]}
    nodes = {"scaling_config": NODES, "instance_types": ["m5.large"],
             "launch_template": [{"id": "@aws_launch_template.t.id"}]}  # fmt: skip
    more = "launch_template -> block_device_mappings beyond the first"
    for disks, gaps in ((1, []), (2, [more])):
        template = {"block_device_mappings": [disk] * disks}
        found = line({"aws_eks_node_group.a": nodes, "aws_launch_template.t": template})
        assert found["not_counted"] == gaps


def test_windows_tasks_pay_for_a_licence_that_is_named() -> None:
    service = {"launch_type": "FARGATE", "task_definition": "@aws_ecs_task_definition.t.arn"}
    platform = [{"operating_system_family": "WINDOWS_SERVER_2022_CORE"}]
    task = {"cpu": "1024", "memory": "2048", "runtime_platform": platform}
    found = line({"aws_ecs_service.a": service, "aws_ecs_task_definition.t": task})
    assert found["not_counted"] == ["runtime_platform.operating_system_family"]


@pytest.mark.parametrize(
    ("address", "values", "more", "part"),
    [
        ("aws_instance.a", MACHINE, {"monitoring": True}, ("detailed monitoring", "2.10")),
        ("aws_db_instance.a", DATABASE, {"publicly_accessible": True}, ("public address", "3.65")),
        ("aws_db_instance.a", DATABASE, {"monitoring_interval": 60},
         ("enhanced monitoring", "0.50")),
        ("aws_db_instance.a", DATABASE, {"enabled_cloudwatch_logs_exports": ["postgresql"]},
         ("logs", "2.50")),
        ("aws_eks_cluster.a", {"version": "1.34"}, {"version": "1.29"},
         ("extended support", "365.00")),
        ("aws_eks_cluster.a", {}, {"enabled_cluster_log_types": ["api"]}, ("logs", "2.50")),
        ("aws_lambda_function.a", {}, {"tracing_config": [{"mode": "Active"}]},
         ("traces", "0.25")),
        ("aws_dynamodb_table.a", {"billing_mode": "PAY_PER_REQUEST"}, {"stream_enabled": True},
         ("stream", "0.00")),
        ("aws_lb.a", {"internal": True}, {"internal": False}, ("public addresses", "7.30")),
        ("aws_kms_key.a", {}, {"enable_key_rotation": True}, ("older versions", "0.00")),
        ("aws_elasticache_cluster.a", CACHE, {"snapshot_retention_limit": 7}, ("backups", "0.51")),
        ("aws_elasticache_replication_group.a", CACHE, {"snapshot_retention_limit": 7},
         ("backups", "0.51")),
        ("aws_cloudfront_distribution.a", {}, {"ordered_cache_behavior": [
            {"path_pattern": "/a"}, {"function_association": [{"event_type": "viewer-request"}]}]},
         ("functions", "0.10")),
        ("azurerm_kubernetes_cluster.a", AKS, {"private_cluster_enabled": True},
         ("private endpoint", "7.30")),
        ("azurerm_kubernetes_cluster.a", AKS,
         {"oms_agent": [{"log_analytics_workspace_id": "/subscriptions/0/w"}]},
         ("container logs", "23.00")),
        ("azurerm_postgresql_flexible_server.a", POSTGRES, {"auto_grow_enabled": True},
         ("storage grown", "0.00")),
        ("aws_backup_plan.a", {"rule": [{"rule_name": "a"}]},
         {"rule": [{"copy_action": [{"destination_vault_arn": "arn:x"}]}]}, ("copies", "5.00")),
        ("google_compute_instance.a", VM, {"network_interface": [{"access_config": [{}]}]},
         ("public address", "3.65")),
        ("google_compute_router_nat.a", {"nat_ip_allocate_option": "MANUAL_ONLY"},
         {"nat_ip_allocate_option": "AUTO_ONLY"}, ("public addresses", "3.65")),
        ("google_kms_crypto_key.a", {}, {"rotation_period": "7776000s"},
         ("older versions", "0.06")),
    ],
)  # fmt: skip
def test_attribute_that_costs_is_a_part_of_the_price(
    address: str, values: dict[str, Any], more: dict[str, Any], part: tuple[str, str]
) -> None:
    plain, dearer = (line({address: v})["parts"] for v in (values, {**values, **more}))
    known = {(p["name"], p["monthly"]) for p in plain}
    assert {(p["name"], p["monthly"]) for p in dearer} - known == {part}


@pytest.mark.parametrize(
    ("address", "values", "faster", "larger", "stale"),
    [
        ("azurerm_managed_disk.a", AZURE_DISK, {"tier": "P30"}, {"disk_size_gb": 1024},
         {"tier": "P4"}),
        ("azurerm_postgresql_flexible_server.a", POSTGRES, {"storage_tier": "P30"},
         {"storage_mb": 1048576}, {"storage_tier": "P4"}),
    ],
)  # fmt: skip
def test_disk_is_paid_at_its_performance_tier_if_that_is_the_larger_one(
    address: str, values: dict[str, Any], faster: Any, larger: Any, stale: Any
) -> None:
    changes: tuple[dict[str, Any], ...] = ({}, faster, larger, stale)
    own, fast, large, grown = (
        line({address: {**values, **more}})["monthly_after"] for more in changes
    )
    assert own == grown != fast == large


def test_database_that_may_grow_costs_up_to_its_limit() -> None:
    found = line({"google_sql_database_instance.a": settings(
        disk_size=10, disk_autoresize=True, disk_autoresize_limit=1000)})  # fmt: skip
    alone = line({"google_sql_database_instance.a": settings(disk_size=1000)})
    assert found["high"] == alone["high"]
    assert found["monthly_after"] < alone["monthly_after"]
