"""Acme's AWS resources: fleets, data stores, shared services, planted stories and the long tail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestration.demo.amounts import hex_id
from orchestration.demo.aws_prices import SKUS
from orchestration.demo.company import AWS_ACCOUNTS, DAYS, EKS_CLUSTER, PRODUCTS, day_index
from orchestration.demo.meters import Meter
from orchestration.demo.planted import ANOMALIES, IDLE_INSTANCES, VOLUMES, Anomaly
from orchestration.demo.tails import Place, Tagger, Tail, spread

_PROD, _DATA, _DEV, _SHARED = (AWS_ACCOUNTS[n] for n in ("prod", "data", "dev", "shared"))

# name, sku, machines at full size, account, product, environment, profile, coverage; the smallest
# company has those of `_ESSENTIAL` only
# fmt: off
_FLEETS = (
    ("eks-node", "ec2_m5.2xlarge", 8, _PROD, "shared", "prod", "flat", "sp"),
    ("web", "ec2_m5.xlarge", 10, _PROD, "storefront", "prod", "webscale", "sp"),
    ("checkout-api", "ec2_m5.xlarge", 6, _PROD, "checkout", "prod", "webscale", "sp"),
    ("gateway", "ec2_m5.large", 3, _SHARED, "shared", "prod", "flat", "sp"),
    ("search-cache", "ec2_r5.large", 4, _DATA, "search", "prod", "flat", "ri-cache"),
    ("etl-worker", "spot_c5.xlarge", 6, _DATA, "analytics", "prod", "batch", "spot"),
    ("dev-box", "ec2_t3.medium", 8, _DEV, "storefront", "dev", "office", ""),
    ("staging", "ec2_c5.large", 4, _DEV, "checkout", "staging", "flat", ""),
)
# fmt: on

_ESSENTIAL = frozenset({"eks-node", "web", "search-cache", "etl-worker", "dev-box", "db-orders"})
SMALL = 0.2
"""Below this company size only essential resources are there, to leave rows for everything else."""

# fmt: off
_DATABASES = (
    ("db-orders", "rds_r5.large", _DATA, "checkout", 700, "ri-orders"),
    ("db-catalogue", "rds_r5.large", _DATA, "storefront", 500, "ri-orders"),
    ("db-platform", "rds_t3.medium", _SHARED, "platform", 200, ""),
    ("db-insights", "rds_t3.medium", _DATA, "analytics", 400, ""),
)
# fmt: on

_CUSTOMER = (
    Place(_PROD, "storefront", "prod", 4.0),
    Place(_PROD, "checkout", "prod", 3.0),
    Place(_PROD, "search", "prod", 2.0),
    Place(_SHARED, "shared", "prod", 1.5),
    Place(_DATA, "analytics", "prod", 2.0),
    Place(_DEV, "storefront", "dev", 0.5),
)
_STORES = (
    Place(_DATA, "analytics", "prod", 5.0),
    Place(_PROD, "storefront", "prod", 2.0),
    Place(_DATA, "search", "prod", 2.0),
    Place(_SHARED, "platform", "prod", 1.0),
    Place(_DEV, "checkout", "dev", 0.5),
)
_BUCKET = "acme-{product}-{env}-{n:05d}"
_MACHINE = "i-{hex}"
_FUNCTION = "arn:aws:lambda:eu-west-1:{account}:function:{product}-{env}-{n:05d}"
_LOG_GROUP = "arn:aws:logs:eu-west-1:{account}:log-group:/acme/{product}/{env}/{n:05d}"

# fmt: off
TAILS = (
    Tail("s3_storage", 2900.0, 14, _STORES, _BUCKET, "storage", 0.05),
    Tail("s3_put", 900_000.0, 9, _STORES, _BUCKET, minimum=0),
    Tail("s3_get", 21_000_000.0, 9, _STORES, _BUCKET, minimum=0),
    Tail("s3_tiny", 0.0004, 5, _STORES, _BUCKET, "flat", 0.5, 0),
    Tail("s3_internal", 40.0, 5, _STORES, _BUCKET, minimum=0),
    Tail("dt_out", 420.0, 10, _CUSTOMER, _MACHINE),
    Tail("dt_regional", 700.0, 9, _CUSTOMER, _MACHINE, minimum=0),
    Tail("dt_in", 900.0, 6, _CUSTOMER, _MACHINE, minimum=0),
    Tail("lambda_gb_second", 1_600_000.0, 8, _CUSTOMER, _FUNCTION),
    Tail("lambda_request", 30_000_000.0, 6, _CUSTOMER, _FUNCTION, minimum=0),
    Tail("cw_logs_ingest", 52.0, 7, _CUSTOMER, _LOG_GROUP),
    Tail("cw_logs_storage", 60.0, 5, _CUSTOMER, _LOG_GROUP, "storage", 0.03, 0),
    Tail("cw_metrics", 33.0, 3, _CUSTOMER, _LOG_GROUP, "flat", 0.05, 0),
    Tail("kms_requests", 700_000.0, 3, _CUSTOMER, "arn:aws:kms:eu-west-1:{account}:key/{hex}",
         minimum=0),
    Tail("sqs_requests", 9_000_000.0, 4, _CUSTOMER, "arn:aws:sqs:eu-west-1:{account}:{product}-{n}",
         minimum=0),
)
# fmt: on


def size(full: int, fleet: float) -> int:
    """Machines of a fleet at a company size between 0 and 1; never none."""
    return max(1, round(full * fleet))


def instance_id(seed: int, name: str) -> str:
    """An EC2 instance id."""
    return f"i-0{hex_id(seed, 'i', name, length=16)}"


def volume_id(seed: int, name: str) -> str:
    """An EBS volume id."""
    return f"vol-0{hex_id(seed, 'vol', name, length=16)}"


def core(seed: int, fleet: float) -> list[Meter]:
    """Every AWS meter but the long tail."""
    tagger = Tagger(seed)
    meters = [
        *_machines(seed, fleet, tagger),
        *_databases(fleet, tagger),
        *_network(seed, fleet, tagger),
    ]
    meters += [*_volumes(seed, fleet), *_idle(seed, fleet)]
    for anomaly in ANOMALIES:
        if anomaly.provider == "AWS":
            meters += anomaly_meters(seed, anomaly)
    return meters


def tail(seed: int, lines: int) -> list[Meter]:
    """The long tail, at so many lines a day."""
    return spread(TAILS, lines, SKUS, seed, Tagger(seed))


def _machines(seed: int, fleet: float, tagger: Tagger) -> Iterator[Meter]:
    for name, sku, full, account, product, env, profile, coverage in _FLEETS:
        if fleet < SMALL and name not in _ESSENTIAL:
            continue
        for n in range(size(full, fleet)):
            resource = instance_id(seed, f"{name}-{n}")
            tags = tagger.tags(resource, product, env)
            if name == "eks-node":
                tags = {**tags, "eks_cluster": EKS_CLUSTER}
            # Of every two web machines one is always on, so that week-ends leave some commitment.
            shape = "flat" if profile == "webscale" and n % 2 == 0 else profile
            zone = f"eu-west-1{'abc'[n % 3]}"
            fields = {"zone": zone, "name": f"{name}-{n}"}
            yield Meter(
                SKUS[sku],
                resource,
                account,
                24.0 if coverage != "spot" else 17.0,
                shape,
                tags=tags,
                coverage=coverage,
                fields=fields,
            )
            if fleet >= 0.3:
                disk = volume_id(seed, f"root-{name}-{n}")
                yield Meter(
                    SKUS["ebs_gp3"],
                    disk,
                    account,
                    80 / 30,
                    tags=tags,
                    fields={**fields, "size": "80", "attached_to": resource},
                )
    for n in range(size(10, fleet)):
        resource = volume_id(seed, f"data-{n}")
        account, product = ((_DATA, "analytics"), (_PROD, "checkout"))[n % 2]
        yield Meter(
            SKUS["ebs_gp3"],
            resource,
            account,
            (200 + 100 * n) / 30,
            tags=tagger.tags(resource, product, "prod"),
            fields={
                "zone": "eu-west-1a",
                "name": f"data-{n}",
                "size": str(200 + 100 * n),
                "attached_to": instance_id(seed, "web-0" if n % 2 else "search-cache-0"),
            },
        )


def _databases(fleet: float, tagger: Tagger) -> Iterator[Meter]:
    for name, sku, account, product, gigabytes, coverage in _DATABASES:
        if fleet < SMALL and name not in _ESSENTIAL:
            continue
        arn = f"arn:aws:rds:eu-west-1:{account}:db:{name}"
        tags = tagger.tags(arn, product, "prod")
        yield Meter(SKUS[sku], arn, account, 24.0, tags=tags, coverage=coverage)
        yield Meter(SKUS["rds_storage"], arn, account, gigabytes / 30, "storage", 0.01, tags=tags)


def _network(seed: int, fleet: float, tagger: Tagger) -> Iterator[Meter]:
    for n, account in enumerate((_PROD, _SHARED)[: 1 if fleet < SMALL else 2]):
        gateway = (
            f"arn:aws:ec2:eu-west-1:{account}:natgateway/nat-0{hex_id(seed, 'nat', n, length=16)}"
        )
        tags = tagger.tags(gateway, "shared", "prod")
        yield Meter(SKUS["nat_hours"], gateway, account, 24.0, tags=tags)
        yield Meter(SKUS["nat_bytes"], gateway, account, 190.0 - 110 * n, "web", 0.05, tags=tags)
    for n in range(0 if fleet < SMALL else size(3, fleet)):
        path = f"loadbalancer/app/edge-{n}/{hex_id(seed, n)}"
        name = f"arn:aws:elasticloadbalancing:eu-west-1:{_PROD}:{path}"
        yield Meter(SKUS["elb_hours"], name, _PROD, 24.0)
        yield Meter(SKUS["elb_lcu"], name, _PROD, 260.0, "web", 0.05)
    cluster = f"arn:aws:eks:eu-west-1:{_PROD}:cluster/{EKS_CLUSTER}"
    yield Meter(
        SKUS["eks_cluster"],
        cluster,
        _PROD,
        24.0,
        tags={**_full_tags("shared", "prod"), "eks_cluster": EKS_CLUSTER},
    )
    scanner = instance_id(seed, "web-0")
    yield Meter(SKUS["marketplace_scanner"], scanner, _PROD, 24.0)


def _full_tags(product: str, environment: str) -> dict[str, str]:
    owner = PRODUCTS[product]
    return {
        "team": owner.team,
        "product": product,
        "environment": environment,
        "cost_center": owner.cost_center,
    }


def waste_start(fleet: float) -> int:
    """Small demos begin the waste late, to keep their few rows for everything else."""
    return 0 if fleet >= 0.3 else DAYS - 45


def planted_tags(product: str, environment: str, more: dict[str, str]) -> dict[str, str]:
    """Waste is well tagged: its owner must be findable."""
    return {**_full_tags(product, environment), **more}


def _volumes(seed: int, fleet: float) -> Iterator[Meter]:
    for volume in VOLUMES:
        if volume.provider == "AWS":
            yield Meter(
                SKUS[volume.sku],
                volume_id(seed, volume.name),
                AWS_ACCOUNTS[volume.account],
                volume.size_gb / 30,
                start=waste_start(fleet),
                tags=planted_tags(volume.product, volume.environment, volume.tags),
                fields={"zone": "eu-west-1b", "name": volume.name},
            )


def _idle(seed: int, fleet: float) -> Iterator[Meter]:
    for machine in IDLE_INSTANCES:
        if machine.provider == "AWS":
            yield Meter(
                SKUS[machine.sku],
                instance_id(seed, machine.name),
                AWS_ACCOUNTS[machine.account],
                24.0,
                start=waste_start(fleet),
                tags=planted_tags(machine.product, machine.environment, machine.tags),
                fields={"zone": "eu-west-1b", "name": machine.name},
            )


def anomaly_meters(seed: int, anomaly: Anomaly) -> list[Meter]:
    """The charges of one AWS anomaly: flat, so that its daily impact is exact."""
    start, end = day_index(anomaly.start), DAYS
    if anomaly.end:
        end = day_index(anomaly.end)
    first = Meter(
        SKUS[anomaly.sku],
        "",
        anomaly.sub_account_id,
        anomaly.daily,
        start=start,
        end=end,
        tags=_full_tags(anomaly.product, "dev" if anomaly.sub_account_id == _DEV else "prod"),
        fields={"zone": "eu-west-1a", "name": anomaly.resource},
        anomaly=anomaly.anomaly_id,
    )
    return [replace(first, resource=_resource(seed, anomaly, n)) for n in range(anomaly.count)]


def _resource(seed: int, anomaly: Anomaly, n: int) -> str:
    account = anomaly.sub_account_id
    if anomaly.sku.startswith(("ec2_", "dt_")):
        return instance_id(seed, f"{anomaly.resource}-{n}")
    prefixes = {
        "nat_bytes": f"arn:aws:ec2:eu-west-1:{account}:natgateway/",
        "lambda_gb_second": f"arn:aws:lambda:eu-west-1:{account}:function:",
        "cw_logs_ingest": f"arn:aws:logs:eu-west-1:{account}:log-group:",
        "sagemaker_notebook": f"arn:aws:sagemaker:eu-west-1:{account}:notebook-instance/",
    }
    suffix = f"-{n}" if anomaly.count > 1 else ""
    return f"{prefixes.get(anomaly.sku, '')}{anomaly.resource}{suffix}"


def eks_nodes(meters: Sequence[Meter]) -> list[int]:
    """Positions of the Kubernetes nodes among the meters."""
    return [
        i
        for i, m in enumerate(meters)
        if m.tags.get("eks_cluster") and m.sku.key.startswith("ec2_")
    ]
