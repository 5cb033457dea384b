"""Every type that the README names has a mapping, and a mapping cannot be half written."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policies.deployment import mapping
from policies.deployment.attributes import Attributes
from policies.deployment.estimate import sample_book
from policies.deployment.evaluation import Subject, evaluate
from policies.deployment.mapping import MappingError, type_rules
from policies.deployment.meters import meters
from policies.deployment.names import azure_skus, google_sku
from policies.deployment.pricing import (
    LIST,
    Amount,
    NotKnown,
    NotPriced,
    Price,
    PriceBook,
    Sku,
)
from policies.deployment.sample import is_free
from policies.deployment.shapes import google_machine
from policies.deployment.usage import Usage

POSTGRES = "Azure Database for PostgreSQL"
README = Path(__file__).parents[4] / "policies" / "deployment" / "README.md"

ASKED_FOR = [
    "aws_instance", "aws_ebs_volume", "aws_db_instance", "aws_rds_cluster", "aws_nat_gateway",
    "aws_lb", "aws_eks_cluster", "aws_eks_node_group", "aws_elasticache_cluster",
    "aws_elasticache_replication_group", "aws_elasticache_serverless_cache",
    "aws_lambda_function", "aws_s3_bucket", "aws_autoscaling_group", "aws_dynamodb_table",
    "aws_ecs_service", "azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine",
    "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set",
    "azurerm_managed_disk", "azurerm_kubernetes_cluster", "azurerm_mssql_database",
    "azurerm_postgresql_flexible_server", "azurerm_storage_account",
    "azurerm_linux_function_app", "azurerm_windows_function_app", "azurerm_service_plan",
    "google_compute_instance", "google_compute_disk", "google_compute_instance_group_manager",
    "google_sql_database_instance", "google_container_cluster", "google_container_node_pool",
    "google_storage_bucket", "google_cloud_run_v2_service", "google_cloudfunctions_function",
    "google_cloudfunctions2_function",
]  # fmt: skip


def priced(kind: str, region: str, usage: Usage | None = None, **values: Any) -> Amount:
    at = Attributes(values, frozenset(), region)
    subject = Subject(kind, f"{kind}.x", frozenset())
    costs = evaluate(kind, at, subject, sample_book(), usage or Usage())
    total = Amount.exactly(0)
    for part in costs.parts:
        total = total + part.cost
    return total


def test_every_type_that_was_asked_for_has_a_mapping() -> None:
    assert set(ASKED_FOR) <= set(type_rules())
    assert not [kind for kind in type_rules() if is_free(kind)]


def test_the_readme_names_every_type() -> None:
    text = README.read_text()
    assert [k for k in type_rules() if "." not in k and f"`{k}`" not in text] == []


@pytest.mark.parametrize(
    ("kind", "region", "values", "expected"),
    [
        # 2 x 0.172 x 730 + 2 x 1 x 0.172 x 730
        ("aws_elasticache_replication_group", "eu-west-1",
         {"node_type": "cache.m5.large", "num_node_groups": 2, "replicas_per_node_group": 1},
         "502.24"),
        # 50 x 0.00013 x 730 + 20 x 0.00065 x 730 + 10 GB x 0.25
        ("aws_dynamodb_table", "us-east-1", {"read_capacity": 50, "write_capacity": 20}, "16.735"),
        # 2 nodes x (0.096 x 730 + 20 GB x 0.08)
        ("aws_eks_node_group", "us-east-1",
         {"instance_types": ["m5.large"],
          "scaling_config": [{"min_size": 1, "desired_size": 2, "max_size": 3}]}, "143.36"),
        # 0.23 x 730 + P10
        ("azurerm_linux_virtual_machine", "westeurope",
         {"size": "Standard_D4s_v5",
          "os_disk": [{"storage_account_type": "Premium_LRS", "disk_size_gb": 100}]}, "189.58"),
        # An own licence is billed as Linux: 0.24 x 730 + S10 for 127 GB
        ("azurerm_windows_virtual_machine", "westeurope",
         {"size": "Standard_D4s_v3", "license_type": "Windows_Server", "os_disk": [{}]}, "181.09"),
        ("azurerm_mssql_database", "eastus", {"sku_name": "Basic"}, "4.90"),
        # 2 x 0.2525 x 730 + 32 x 0.115
        ("azurerm_mssql_database", "eastus", {"sku_name": "GP_Gen5_2"}, "372.33"),
        # 4 x 0.0347 x 730 + 16 x 0.00465 x 730 + 50 x 0.187
        ("google_compute_instance", "europe-west4",
         {"machine_type": "n2-standard-4",
          "boot_disk": [{"initialize_params": [{"type": "pd-ssd", "size": 50}]}]}, "164.986"),
        ("google_sql_database_instance", "us-central1",
         {"database_version": "MYSQL_8_0", "settings": [{"tier": "db-f1-micro"}]}, "9.365"),
        ("google_container_cluster", "us-central1",
         {"location": "us-central1-a", "remove_default_node_pool": True}, "73.00"),
        # 0.10 x 730 + 4 x 0.0445 x 730 + 16 x 0.0049225 x 730
        ("google_container_cluster", "us-central1",
         {"location": "us-central1", "enable_autopilot": True, "initial_node_count": 1},
         "260.4348"),
    ],
)  # fmt: skip
def test_price_is_what_one_computes_by_hand(
    kind: str, region: str, values: dict[str, Any], expected: str
) -> None:
    assert priced(kind, region, **values).likely == Decimal(expected)


@pytest.mark.parametrize(
    ("kind", "region", "values", "error"),
    [
        ("google_compute_instance", "us-central1", {"machine_type": "m3-ultramem-32"}, NotPriced),
        ("google_compute_instance", "us-central1",
         {"machine_type": "n2-standard-2", "scratch_disk": [{"interface": "NVME"}]}, NotPriced),
        ("google_compute_instance", "us-central1", {"machine_type": "n2-custom-2-40960-ext"},
         NotPriced),
        ("azurerm_storage_account", "westeurope", {"account_tier": "Premium"}, NotPriced),
        ("azurerm_linux_function_app", "westeurope", {}, NotKnown),
        ("aws_autoscaling_group", "us-east-1", {"min_size": 1, "max_size": 2}, NotKnown),
        ("aws_ecs_service", "us-east-1", {"launch_type": "FARGATE"}, NotKnown),
        ("aws_eks_node_group", "us-east-1",
         {"capacity_type": "SPOT", "scaling_config": [{"min_size": 1, "desired_size": 1,
                                                       "max_size": 1}]}, NotPriced),
    ],
)  # fmt: skip
def test_what_the_mapping_does_not_cover_is_no_zero(
    kind: str, region: str, values: dict[str, Any], error: type[NotPriced]
) -> None:
    with pytest.raises(error):
        priced(kind, region, **values)


@pytest.mark.parametrize(
    ("provider", "service", "meter"),
    [
        ("aws", "AmazonECS", "Fargate-GB-Hours"), ("aws", "AWSLambda", "Lambda-GB-Second"),
        ("aws", "AmazonVPC", "VpcEndpoint-Hours"), ("aws", "AWSQueueService", "Requests-Tier1"),
        ("aws", "AmazonRDS", "RDS:GP3-PIOPS"), ("aws", "AmazonEFS", "TimedStorage-ByteHrs"),
        ("aws", "AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    ],
)  # fmt: skip
def test_meter_with_an_empty_value_in_its_name_is_kept_of_lists_and_bills(
    provider: str, service: str, meter: str
) -> None:
    assert any(s == service and p.fullmatch(meter) for s, p in meters(provider))


@pytest.mark.parametrize(
    ("machine", "family"),
    [("custom-2-4096", "Custom"), ("n1-custom-2-4096", "Custom"), ("n2-custom-2-4096", "N2 Custom"),
     ("n2d-custom-2-4096", "N2D AMD Custom"), ("e2-custom-2-4096", "E2 Custom")],
)  # fmt: skip
def test_custom_machine_has_the_name_that_google_sells_it_by(machine: str, family: str) -> None:
    assert google_machine(machine)["family"] == family


@pytest.mark.parametrize("kind", [k for k, r in type_rules().items() if r.usages and "." not in k])
def test_use_that_is_not_known_is_a_range(kind: str) -> None:
    for name in type_rules()[kind].usages:
        for rule in type_rules().values():
            if name in rule.let and "usage" in rule.let[name]:
                low, likely, high = (Decimal(str(v)) for v in rule.let[name]["usage"])
                assert low <= likely <= high
                assert high > 0


def test_usage_file_replaces_the_range() -> None:
    known = Usage(by_type={"aws_nat_gateway": {"gigabytes": Amount.exactly(250)}})
    amount = priced("aws_nat_gateway", "us-east-1", known)
    assert amount == Amount.exactly(Decimal("0.045") * 730 + 250 * Decimal("0.045"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("aws_x: {part: []}", "unknown keys"),
        ("aws_x: {like: aws_y}", "not in the same file"),
        ("aws_x: {let: {a: {get: b, number: c}}}", "write one of"),
        ("aws_x: {parts: [{name: a, sku: [S, M], unit: parsec, quantity: ['1']}]}", "unknown unit"),
        ("aws_x: {parts: [{name: a, sku: [S, '{m}'], unit: hour, quantity: ['1']}]}", "its `let`"),
    ],
)
def test_mapping_of_another_form_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    (tmp_path / "aws").mkdir()
    (tmp_path / "aws" / "x.yaml").write_text(text)
    monkeypatch.setattr(mapping, "TYPES", tmp_path)
    with pytest.raises(MappingError, match=complaint):
        type_rules.__wrapped__()


def test_downloads_keep_what_mappings_look_up() -> None:
    forms = [form for service, form in meters("aws") if service == "AmazonEC2"]
    assert any(form.fullmatch("BoxUsage:m5.large") for form in forms)
    assert not any(form.fullmatch("HostBoxUsage:m5.large") for form in forms)


@pytest.mark.parametrize(
    ("kind", "values", "meter"),
    [
        ("aws_db_instance", {"engine": "postgres", "instance_class": "db.m5.large", "iops": 1000,
                             "allocated_storage": 100, "storage_type": "io2"}, "RDS:IO2-PIOPS"),
        ("aws_rds_cluster", {"engine": "mysql", "db_cluster_instance_class": "db.m5d.large",
                             "allocated_storage": 100, "storage_type": "gp3"},
         "RDS:Multi-AZCluster-GP3-Storage"),
        ("aws_rds_cluster", {"engine": "mysql", "db_cluster_instance_class": "db.m5d.large",
                             "allocated_storage": 100, "iops": 1000},
         "RDS:Multi-AZCluster-PIOPS-Storage"),
    ],
)  # fmt: skip
def test_disk_of_a_database_is_looked_up_by_its_type(
    kind: str, values: dict[str, Any], meter: str
) -> None:
    assert meter in {sku.meter for sku in looked_up(kind, "us-east-1", values)}


@pytest.mark.parametrize(
    ("kind", "values", "service", "product", "meter"),
    [
        ("azurerm_public_ip", {"sku": "Standard", "allocation_method": "Static"},
         "Virtual Network", "IP Addresses", "Standard IPv4 Static Public IP"),
        ("azurerm_postgresql_flexible_server", {"sku_name": "B_Standard_B1ms"}, POSTGRES,
         f"{POSTGRES} Flexible Server Burstable BS Series Compute", "B1MS"),
        ("azurerm_postgresql_flexible_server", {"sku_name": "GP_Standard_D2ds_v5"}, POSTGRES,
         f"{POSTGRES} Flexible Server General Purpose Ddsv5 Series Compute", "vCore"),
        ("azurerm_postgresql_flexible_server", {"sku_name": "B_Standard_B1ms"}, POSTGRES,
         f"{POSTGRES} Flex Server Storage", "Storage Data Stored"),
        ("azurerm_service_plan", {"sku_name": "P1v3", "os_type": "Linux"}, "Azure App Service",
         "Azure App Service Premium v3 Plan - Linux", "P1 v3 App"),
        ("azurerm_kubernetes_cluster", {"private_cluster_enabled": True, "default_node_pool": [{}]},
         "Virtual Network", "Virtual Network Private Link", "Standard Private Endpoint"),
    ],
)  # fmt: skip
def test_azure_is_asked_for_what_its_price_list_has(
    kind: str, values: dict[str, Any], service: str, product: str, meter: str
) -> None:
    sold = set(azure_skus(service, meter, product, "westeurope"))
    assert sold & looked_up(kind, "westeurope", values)


def test_google_is_asked_for_what_its_price_list_has() -> None:
    for tier, size in {"db-f1-micro": "Micro", "db-g1-small": "Small"}.items():
        sold = google_sku("Cloud SQL", f"Cloud SQL for PostgreSQL: Zonal - {size} instance in "
                          "Netherlands", "europe-west4")  # fmt: skip
        assert sold in looked_up("google_sql_database_instance", "europe-west4", {
            "database_version": "POSTGRES_16", "settings": [{"tier": tier}]})  # fmt: skip


def looked_up(kind: str, region: str, values: dict[str, Any]) -> set[Sku]:
    book, nobody = Everything((), "USD"), Subject(kind, "", frozenset())
    costs = evaluate(kind, Attributes(values, region=region), nobody, book, Usage())
    return {part.sku for part in costs.parts}


class Everything(PriceBook):
    """Has a price for whatever is asked."""

    def _look_up(self, sku: Sku, unit: str) -> Price:
        return Price(Decimal(1), unit, "USD", LIST, "2026-10-01", Decimal(1), Decimal(1))
