"""Ordinary resources are judged as what they are: free, cheap, or openly not counted."""

from typing import Any

import pytest
import yaml

from policies.decisions import Record
from policies.deployment.mapping import TYPES
from policies.deployment.recorded import estimate_rows
from policies.deployment.sample import is_free
from policies.models import Decision
from tests.unit.policies.deployment.made_plans import line

NODE_POOL = """apiVersion: karpenter.sh/v1
kind: NodePool
spec:
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass}
"""


def test_many_everyday_types_are_known_as_free() -> None:
    listed = yaml.safe_load((TYPES / "free.yaml").read_text())["types"]
    assert len(listed) == len(set(listed)) > 300


@pytest.mark.parametrize(
    "kind",
    [
        "aws_default_security_group",
        "aws_default_network_acl",
        "aws_default_route_table",
        "aws_kms_alias",
        "aws_lambda_layer_version",
        "aws_eks_addon",
        "aws_ecs_cluster_capacity_providers",
        "aws_s3_object",
        "aws_db_option_group",
        "aws_iam_openid_connect_provider",
        "azurerm_linux_web_app",
        "azurerm_windows_web_app_slot",
        "azurerm_virtual_network_peering",
        "azurerm_subnet_route_table_association",
        "azurerm_mssql_firewall_rule",
        "google_compute_router",
        "google_compute_backend_service",
        "google_storage_bucket_iam_binding",
        "google_project_iam_policy",
        "kubernetes_deployment_v1",
        "kubernetes_namespace",
        "kubernetes_config_map",
    ],
)
def test_everyday_type_is_free(kind: str) -> None:
    assert is_free(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "aws_backup_plan",
        "aws_eks_fargate_profile",
        "aws_redshift_cluster",
        "aws_msk_cluster",
        "aws_opensearch_domain",
        "aws_dlm_lifecycle_policy",
        "aws_lambda_provisioned_concurrency_config",
        "azurerm_firewall",
        "azurerm_virtual_network_gateway",
        "google_spanner_instance",
        "google_dataproc_cluster",
        "kubernetes_service",
        "kubernetes_persistent_volume_claim",
    ],
)
def test_what_can_be_dear_is_not_free(kind: str) -> None:
    assert not is_free(kind)


@pytest.mark.parametrize(
    ("address", "values", "expected"),
    [
        ("aws_kms_key.a", {}, "1.06"),
        ("aws_secretsmanager_secret.a", {"replica": [{"region": "eu-west-1"}]}, "0.80"),
        ("aws_sqs_queue.a", {"fifo_queue": True}, "0.50"),
        ("aws_sns_topic.a", {}, "0.50"),
        ("aws_route53_zone.a", {"vpc": [{"vpc_id": "vpc-1"}]}, "0.90"),
        ("aws_cloudwatch_metric_alarm.a", {"metric_name": "CPUUtilization", "period": 300}, "0.10"),
        ("aws_cloudwatch_metric_alarm.a", {"metric_name": "x", "period": 10}, "0.30"),
        ("aws_cloudwatch_metric_alarm.a", {"metric_query": [{"id": "a"}, {"id": "b"}]}, "0.20"),
        ("aws_ssm_parameter.a", {"tier": "Advanced"}, "0.05"),
        ("aws_ssm_parameter.a", {}, "0.00"),
        ("aws_ecr_repository.a", {}, "0.50"),
        ("azurerm_public_ip.a", {"sku": "Standard", "allocation_method": "Static"}, "3.65"),
        ("azurerm_lb.a", {"sku": "Standard"}, "18.75"),
        ("azurerm_lb.a", {"sku": "Basic"}, "0.00"),
        ("azurerm_lb_rule.a", {}, "0.00"),
        ("azurerm_key_vault.a", {}, "0.30"),
        ("google_compute_address.a", {}, "3.65"),
        ("google_compute_address.a", {"address_type": "INTERNAL"}, "0.00"),
        ("google_compute_forwarding_rule.a", {}, "18.25"),
        ("google_compute_router_nat.a", {"nat_ip_allocate_option": "MANUAL_ONLY"}, "9.61"),
        ("google_kms_crypto_key.a", {}, "0.06"),
        ("google_storage_bucket.a", {"location": "EU"}, "4.00"),
        ("kubernetes_service.a", {"spec": [{"type": "ClusterIP"}]}, "0.00"),
        ("helm_release.a", {"chart": "karpenter-crd"}, "0.00"),
        ("kubectl_manifest.a", {"yaml_body_parsed": "apiVersion: v1\nkind: ConfigMap\n"}, "0.00"),
        ("kubernetes_manifest.a", {"manifest": {"kind": "ConfigMap", "apiVersion": "v1"}}, "0.00"),
        ("aws_vpc_endpoint.a", {"vpc_endpoint_type": "Gateway"}, "0.00"),
        ("aws_vpc_endpoint.a", {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b", "c"]},
         "22.90"),
        ("aws_vpc_endpoint_subnet_association.a", {}, "7.30"),
        ("aws_cloudfront_distribution.a", {"origin": [{"domain_name": "x"}]}, "9.50"),
        ("aws_apigatewayv2_api.a", {"protocol_type": "HTTP"}, "1.00"),
        ("aws_apigatewayv2_api.a", {"protocol_type": "WEBSOCKET"}, "1.25"),
        ("aws_api_gateway_rest_api.a", {}, "3.50"),
        ("aws_api_gateway_stage.a", {}, "0.00"),
        ("aws_api_gateway_stage.a", {"cache_cluster_enabled": True, "cache_cluster_size": "1.6"},
         "27.74"),
        ("aws_efs_file_system.a", {}, "30.00"),
        ("aws_efs_file_system.a", {"availability_zone_name": "us-east-1a"}, "16.00"),
        ("aws_efs_file_system.a", {"throughput_mode": "provisioned",
                                   "provisioned_throughput_in_mibps": 10}, "90.00"),
        ("aws_kinesis_stream.a", {"shard_count": 4}, "43.94"),
        ("aws_kinesis_stream.a", {"shard_count": 1, "retention_period": 48}, "25.69"),
        ("aws_kinesis_stream.a", {"stream_mode_details": [{"stream_mode": "ON_DEMAND"}]}, "45.20"),
        ("aws_opensearch_domain.a",
         {"cluster_config": [{"instance_type": "m6g.large.search", "instance_count": 2}],
          "ebs_options": [{"ebs_enabled": True, "volume_type": "gp3", "volume_size": 100}]},
         "211.28"),
        ("aws_redshift_cluster.a", {"node_type": "dc2.large", "number_of_nodes": 2}, "365.00"),
        ("aws_redshift_cluster.a", {"node_type": "ra3.xlplus"}, "816.78"),
        ("azurerm_application_gateway.a",
         {"sku": [{"name": "WAF_v2"}],
          "autoscale_configuration": [{"min_capacity": 2, "max_capacity": 4}]}, "533.63"),
        ("azurerm_redis_cache.a", {"sku_name": "Standard", "family": "C", "capacity": 1},
         "100.74"),
        ("azurerm_cosmosdb_account.a", {"geo_location": [{"location": "a"}, {"location": "b"}]},
         "25.00"),
        ("azurerm_cosmosdb_account.a",
         {"geo_location": [{"location": "a"}], "capabilities": [{"name": "EnableTable"},
                                                                {"name": "EnableServerless"}]},
         "15.00"),
        ("azurerm_cosmosdb_sql_container.a", {"throughput": 400}, "23.36"),
        ("azurerm_cosmosdb_sql_database.a", {"autoscale_settings": [{"max_throughput": 4000}]},
         "175.20"),
        ("azurerm_cosmosdb_sql_database.a", {}, "0.00"),
        ("azurerm_container_registry.a", {"sku": "Premium", "georeplications": [
            {"location": "northeurope"}]}, "100.00"),
        ("azurerm_log_analytics_workspace.a", {"retention_in_days": 91}, "25.00"),
        ("google_redis_instance.a", {"tier": "STANDARD_HA", "memory_size_gb": 5}, "197.10"),
        ("google_pubsub_topic.a", {}, "3.90"),
        ("google_bigquery_dataset.a", {"location": "EU"}, "8.10"),
        ("google_artifact_registry_repository.a", {"location": "europe-west4"}, "0.50"),
        ("helm_release.a", {"chart": "x", "set": [{"name": "a", "value": "b"}]}, "0.00"),
        ("aws_ecs_cluster.a", {"setting": [{"name": "containerInsights", "value": "disabled"}]},
         "0.00"),
        ("aws_ecs_cluster.a", {"setting": [{"name": "containerInsights", "value": "enhanced"}]},
         "9.00"),
        ("azurerm_service_plan.a", {"sku_name": "F1", "os_type": "Linux"}, "0.00"),
        ("aws_ecs_capacity_provider.a",
         {"auto_scaling_group_provider": [{"auto_scaling_group_arn": "a"}]}, "0.00"),
        ("aws_lambda_event_source_mapping.a", {"filter_criteria": [{"filter": []}]}, "0.00"),
        ("aws_acm_certificate.a", {"domain_name": "a", "options": [{"export": "DISABLED"}]},
         "0.00"),
        ("google_compute_subnetwork.a", {"region": "europe-west4"}, "0.00"),
        ("google_compute_subnetwork.a",
         {"region": "europe-west4", "log_config": [{"flow_sampling": 0.5}]}, "5.00"),
    ],
)  # fmt: skip
def test_everyday_resource_has_its_price(
    address: str, values: dict[str, Any], expected: str
) -> None:
    found = line({address: values})
    assert (found["status"], found["not_counted"]) == ("priced", [])
    assert found["monthly_after"] == expected


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("kubernetes_service.a", {"spec": [{"type": "LoadBalancer"}]}),
        ("kubernetes_persistent_volume_claim_v1.a", {"spec": [{}]}),
        ("kubernetes_stateful_set_v1.a", {"spec": [{"volume_claim_template": [{"x": 1}]}]}),
        ("kubernetes_manifest.a", {"manifest": {"kind": "Service"}}),
        (
            "kubernetes_manifest.a",
            {"manifest": {"kind": "NodePool", "apiVersion": "karpenter.sh/v1"}},
        ),
        (
            "kubernetes_manifest.a",
            {"manifest": {"kind": "EC2NodeClass", "apiVersion": "karpenter.k8s.aws/v1"}},
        ),
        (
            "kubernetes_manifest.a",
            {"manifest": {"kind": "DBInstance", "apiVersion": "rds.services.k8s.aws/v1alpha1"}},
        ),
        ("kubectl_manifest.a", {"yaml_body_parsed": NODE_POOL}),
        ("kubectl_manifest.a", {"yaml_body_parsed": "apiVersion: v1\nkind: Service\n"}),
        ("kubectl_manifest.a", {"yaml_body_parsed": None}),
        ("helm_release.a", {"chart": "oci://public.ecr.aws/karpenter/karpenter"}),
        ("helm_release.a", {"chart": "ingress-nginx"}),
        ("helm_release.a", {"chart": "bitnami/postgresql"}),
    ],
)
def test_what_a_cluster_asks_the_cloud_for_is_named(address: str, values: dict[str, Any]) -> None:
    found = line({address: values})
    assert len(found["not_counted"]) == 1


def test_throughput_is_paid_in_each_region_of_its_account() -> None:
    container = {"throughput": 400, "account_name": "@azurerm_cosmosdb_account.a.name"}
    account = {"geo_location": [{"location": "westeurope"}, {"location": "northeurope"}]}
    found = line({"azurerm_cosmosdb_sql_container.c": container,
                  "azurerm_cosmosdb_account.a": account})  # fmt: skip
    assert found["monthly_after"] == "46.72"


def test_zones_that_only_the_change_will_tell_are_a_range() -> None:
    found = line({"aws_vpc_endpoint.a": {
        "vpc_endpoint_type": "Interface", "subnet_ids": "@aws_subnet.a.id"}})  # fmt: skip
    assert found["note"].startswith("assumes per month 2 zones (1 to 3), ")
    assert (found["low"], found["high"]) == ("7.30", "31.90")


def test_line_of_what_runs_in_a_cluster_is_recorded_without_a_provider() -> None:
    addresses = ("kubernetes_service.a", "aws_sqs_queue.a")
    lines = [line({address: {}}) for address in addresses]
    question = {"estimate": {"lines": lines, "currency": "USD"}}
    decision = Decision("d", "deployment", True, (), (), (), (), "", "", "")
    rows = estimate_rows(Record(decision, "acme/shop@4f0d2c9", question))
    assert [row["service_provider_name"] for row in rows] == [None, "AWS"]
