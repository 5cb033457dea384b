"""What bills and price lists call the same thing, brought to one SKU per cloud.

Belongs here: the spelling of services, meters and variants. Does not belong here: reading bills
(`orchestration/rates.py`) and lists (`vendor/`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.deployment.pricing import ON_DEMAND, SPOT, Sku

# What bills print for a product, by the code that offer files use.
_AWS_SERVICES = {
    "Amazon Elastic Compute Cloud": "AmazonEC2",
    "Amazon Virtual Private Cloud": "AmazonVPC",
    "Elastic Load Balancing": "AWSELB",
    "Amazon Elastic Container Service for Kubernetes": "AmazonEKS",
    "Amazon Elastic Kubernetes Service": "AmazonEKS",
    "Amazon Elastic Container Service": "AmazonECS",
    "Amazon Relational Database Service": "AmazonRDS",
    "Amazon ElastiCache": "AmazonElastiCache",
    "AWS Lambda": "AWSLambda",
    "Amazon Simple Storage Service": "AmazonS3",
    "Amazon DynamoDB": "AmazonDynamoDB",
    "Amazon API Gateway": "AmazonApiGateway",
    "Amazon CloudFront": "AmazonCloudFront",
    "Amazon EC2 Container Registry (ECR)": "AmazonECR",
    "Amazon Elastic File System": "AmazonEFS",
    "Amazon Kinesis": "AmazonKinesis",
    "Amazon OpenSearch Service": "AmazonES",
    "Amazon Redshift": "AmazonRedshift",
    "Amazon Route 53": "AmazonRoute53",
    "Amazon Simple Notification Service": "AmazonSNS",
    "Amazon Simple Queue Service": "AWSQueueService",
    "AWS Key Management Service": "awskms",
    "AWS Secrets Manager": "AWSSecretsManager",
    "AWS Systems Manager": "AWSSystemsManager",
    "AWS X-Ray": "AWSXRay",
}
# "EU-BoxUsage:m5.large": usage types begin with the region. In us-east-1 only newer services' do
# ("USE1-Fargate-GB-Hours"), and KMS has the region's whole name everywhere.
_AWS_REGION = re.compile(r"^[A-Z]{2,4}\d?-(?=\w)")
# Databases are sold as "db.r5.2xl", and ordered as "db.r5.2xlarge".
_AWS_SHORT_SIZE = re.compile(r"(?<=:)(db\.\w+\.\d*xl)$")
# The code of the operation behind RunInstances and CreateDBInstance, as offer files have it.
_AWS_OPERATIONS = {
    "RunInstances": "linux", "RunInstances:0002": "windows", "RunInstances:0010": "rhel",
    "RunInstances:000g": "suse", "CreateDBInstance:0002": "mysql",
    "CreateDBInstance:0014": "postgres", "CreateDBInstance:0018": "mariadb",
    "CreateDBInstance:0016": "aurora-mysql", "CreateDBInstance:0021": "aurora-postgresql",
    "CreateCacheCluster:0001": "memcached", "CreateCacheCluster:0002": "redis",
    "CreateCacheCluster:0003": "valkey", "LoadBalancing:Application": "application",
    "LoadBalancing:Network": "network", "LoadBalancing:Gateway": "gateway",
    "LoadBalancing": "classic",
}  # fmt: skip
# Only these meters have variants; elsewhere the operation says nothing about the price.
_AWS_VARIED = re.compile(
    r"(BoxUsage|SpotUsage|InstanceUsage|Multi-AZUsage|Multi-AZClusterUsage|NodeUsage"
    r"|Aurora:Serverless|LoadBalancerUsage|LCUUsage|DataProcessing-Bytes)"
)
_GOOGLE_PLACE = re.compile(r"( running)? in ([A-Z][\w .()-]*|[a-z]+-[a-z]+\d+)$| \([a-z0-9-]+\)$")
# Cloud Run's meters were renamed; the tier is that of the region.
_CLOUD_RUN_TIER = re.compile(r" Tier 2(?= )| +(?= \()| \(tier 2\)$")
_CLOUD_RUN = {
    "CPU Allocation Time": "Services CPU (Request-based billing)",
    "Memory Allocation Time": "Services Memory (Request-based billing)",
    "Idle Min-Instance CPU Allocation Time": "Services Min Instance CPU (Request-based billing)",
    "Idle Min-Instance Memory Allocation Time":
        "Services Min Instance Memory (Request-based billing)",
}  # fmt: skip
_GOOGLE_STORAGE = re.compile(r"^(Standard|Nearline|Coldline|Archive) Storage\b")
_AZURE_BLOBS = {"Tiered Block Blob", "General Block Blob v2", "Blob Storage"}


def aws_sku(service: str, usage_type: str, region: str, operation: str = "") -> Sku | None:
    """The SKU of a line of a bill or an offer file.

    `operation` is the operation's code, or what a bill's own words tell of the variant.
    """
    code = _AWS_SERVICES.get(service, service)
    meter = _AWS_SHORT_SIZE.sub(r"\1arge", _regionless(usage_type, region))
    varied = _AWS_VARIED.match(meter) and code != "AmazonCloudWatch"
    variant = _AWS_OPERATIONS.get(operation, operation if ":" not in operation else "")
    if varied and operation and variant in ("", "RunInstances"):
        return None
    purchase = SPOT if meter.startswith("SpotUsage:") else ON_DEMAND
    return Sku("aws", code, meter, variant if varied else "", region, purchase)


def azure_skus(service: str, meter: str, product: str, region: str) -> Iterator[Sku]:
    """The SKUs of a line; one meter of machines may stand for two sizes ("D2 v3/D2s v3")."""
    purchase = ON_DEMAND
    for mark in (" Spot", " Low Priority"):
        if meter.endswith(mark):
            meter, purchase = meter.removesuffix(mark), SPOT
    product = _unprefixed(product, service)
    if service == "Virtual Machines":
        variant = "windows" if product.endswith("Windows") else "linux"
        for size in meter.split("/"):
            yield Sku("azure", service, size, variant, region, purchase)
        return
    if service == "Azure App Service":
        variant = "linux" if product.endswith("Linux") else "windows"
        yield Sku("azure", service, meter.removesuffix(" App"), variant, region, purchase)
        return
    if service == "SQL Database":
        product = _unprefixed(_unprefixed(product, "Single/Elastic Pool"), "Single")
    plain = product in _AZURE_BLOBS or product.endswith("Managed Disks") or service in (
        "Azure Kubernetes Service", "Functions",
    )  # fmt: skip
    yield Sku("azure", service, meter, "" if plain else product, region, purchase)


def google_sku(service: str, description: str, region: str) -> Sku:
    """The SKU of a line: the description without its place and without the mark of spot."""
    purchase = ON_DEMAND
    for mark in ("Spot Preemptible ", "Preemptible "):
        if description.startswith(mark):
            description, purchase = description.removeprefix(mark), SPOT
    storage = _GOOGLE_STORAGE.match(description)
    meter = storage[0] if storage else _GOOGLE_PLACE.sub("", description)
    if service == "Cloud Run":
        meter = _CLOUD_RUN_TIER.sub("", meter)
        meter = _CLOUD_RUN.get(meter, meter)
    return Sku("google", service, meter, "", region, purchase)


def _regionless(usage_type: str, region: str) -> str:
    if usage_type.startswith(f"{region}-"):
        return usage_type.removeprefix(f"{region}-")
    if region == "us-east-1":
        return usage_type.removeprefix("USE1-")
    return _AWS_REGION.sub("", usage_type)


def _unprefixed(text: str, prefix: str) -> str:
    return text.removeprefix(prefix).strip()
