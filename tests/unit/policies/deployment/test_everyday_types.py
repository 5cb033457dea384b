"""Ordinary resources are judged as what they are: free, cheap, or openly not counted."""

from typing import Any

import pytest
import yaml

from policies.deployment.mapping import TYPES
from policies.deployment.sample import is_free
from tests.unit.policies.deployment.made_plans import line


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
        ("helm_release.a", {"chart": "x", "set": [{"name": "a", "value": "b"}]}, "0.00"),
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
    ],
)
def test_what_a_cluster_asks_the_cloud_for_is_named(address: str, values: dict[str, Any]) -> None:
    found = line({address: values})
    assert len(found["not_counted"]) == 1
