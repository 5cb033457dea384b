"""Acme's Google Cloud resources and prices: search and machine learning, billed in dollars."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.demo.amounts import hex_id
from orchestration.demo.aws_catalogue import SMALL, planted_tags, size, waste_start
from orchestration.demo.company import DAYS, GCP_PROJECTS, day_index
from orchestration.demo.meters import Meter, Sku
from orchestration.demo.planted import ANOMALIES, IDLE_INSTANCES, Anomaly
from orchestration.demo.tails import Place, Tagger, Tail, spread

_PROD, _DEV, _ML = (GCP_PROJECTS[n][0] for n in ("prod", "dev", "ml"))


def _code(key: str) -> str:
    h = hex_id("gcp-sku", key, length=12).upper()
    return f"{h[:4]}-{h[4:8]}-{h[8:]}"


def _sku(*columns: str, digits: int = 4) -> Sku:
    key, service, description, rate, unit, pricing_unit = columns
    return Sku(
        key,
        rate,
        unit,
        digits,
        {
            "service": service,
            "service_id": _code(service),
            "sku_id": _code(key),
            "description": description,
            "pricing_unit": pricing_unit,
        },
    )


_CE = "Compute Engine"
# fmt: off
_TABLE = (
    _sku("n2_core", _CE, "N2 Instance Core running in Netherlands", "0.0347", "seconds", "hour"),
    _sku("n2_ram", _CE, "N2 Instance Ram running in Netherlands", "0.00465", "byte-seconds",
         "gibibyte hour"),
    _sku("n1_core", _CE, "N1 Predefined Instance Core running in Netherlands", "0.0348", "seconds",
         "hour"),
    _sku("n1_ram", _CE, "N1 Predefined Instance Ram running in Netherlands", "0.00466",
         "byte-seconds", "gibibyte hour"),
    _sku("e2_core", _CE, "E2 Instance Core running in Netherlands", "0.024", "seconds", "hour"),
    _sku("cud_core", _CE, "Commitment v1: N2 Cpu in Netherlands for 1 Year", "0.0219", "seconds",
         "hour"),
    _sku("cud_ram", _CE, "Commitment v1: N2 Ram in Netherlands for 1 Year", "0.00293",
         "byte-seconds", "gibibyte hour"),
    _sku("pd_ssd", _CE, "SSD backed PD Capacity in Netherlands", "0.187", "byte-seconds",
         "gibibyte month"),
    _sku("bq_analysis", "BigQuery", "Analysis (europe-west4)", "6.25", "bytes", "tebibyte"),
    _sku("bq_storage", "BigQuery", "Active Logical Storage (europe-west4)", "0.02", "byte-seconds",
         "gibibyte month"),
    _sku("gcs_storage", "Cloud Storage", "Standard Storage Netherlands", "0.02", "byte-seconds",
         "gibibyte month"),
    _sku("gcs_ops", "Cloud Storage", "Regional Standard Class B Operations", "0.0000004",
         "requests", "count", digits=0),
    _sku("run_cpu", "Cloud Run", "CPU Allocation Time", "0.000024", "seconds", "second", digits=2),
    _sku("egress", "Networking", "Network Internet Data Transfer Out from Netherlands", "0.085",
         "bytes", "gibibyte"),
    _sku("intra", "Networking", "Network Intra Zone Data Transfer", "0", "bytes", "gibibyte"),
    _sku("logging", "Cloud Logging", "Log Storage cost", "0.5", "bytes", "gibibyte"),
    _sku("vertex_endpoint", "Vertex AI", "Online Prediction n1-standard-16 Netherlands", "0.9213",
         "seconds", "hour"),
    _sku("cloud_build", "Cloud Build", "Build time", "0.006", "seconds", "minute"),
)
# fmt: on
SKUS = {sku.key: sku for sku in _TABLE}

COMMITTED_CORES = 24
"""Cores of the committed use discount at full size."""

_PLACES = (
    Place(_PROD, "search", "prod", 5.0),
    Place(_DEV, "search", "dev", 1.0),
    Place(_ML, "search", "prod", 2.0),
    Place(_PROD, "shared", "prod", 1.0),
)
_BUCKET = "acme-{product}-{env}-{n:05d}"
# fmt: off
TAILS = (
    Tail("gcs_storage", 900.0, 12, _PLACES, _BUCKET, "storage", 0.04),
    Tail("gcs_ops", 6_000_000.0, 9, _PLACES, _BUCKET, minimum=0),
    Tail("bq_analysis", 4.6, 10, _PLACES, "bq-{product}-{env}-{n}", "batch", 0.12),
    Tail("bq_storage", 500.0, 7, _PLACES, "dataset_{product}_{n}", "storage", 0.02, 0),
    Tail("run_cpu", 420_000.0, 10, _PLACES, "run-{product}-{env}-{n}", minimum=0),
    Tail("egress", 170.0, 10, _PLACES, "vm-{hex}", minimum=0),
    Tail("intra", 800.0, 5, _PLACES, "vm-{hex}", minimum=0),
    Tail("logging", 26.0, 6, _PLACES, "_Default-{product}-{n}", "web", 0.08, 0),
)
# fmt: on


def core(seed: int, fleet: float) -> list[Meter]:
    """Every Google Cloud meter but the long tail."""
    tagger = Tagger(seed)
    meters = list(_machines(fleet, tagger))
    committed = max(4, round(COMMITTED_CORES * fleet / 4) * 4)
    meters.append(Meter(SKUS["cud_core"], "", _PROD, committed * 24.0))
    meters.append(Meter(SKUS["cud_ram"], "", _PROD, committed * 4 * 24.0))
    train = "training-notes"
    if fleet >= SMALL:
        meters.append(
            Meter(
                SKUS["cloud_build"],
                train,
                _ML,
                900.0,
                "office",
                0.05,
                tags=tagger.tags(train, "search", "prod"),
            )
        )
    for machine in IDLE_INSTANCES:
        if machine.provider == "Google Cloud":
            meters.append(
                Meter(
                    SKUS[machine.sku],
                    machine.name,
                    GCP_PROJECTS[machine.account][0],
                    96.0,
                    start=waste_start(fleet),
                    fields={"name": machine.name},
                    tags=planted_tags(machine.product, machine.environment, machine.tags),
                )
            )
    for anomaly in ANOMALIES:
        if anomaly.provider == "Google Cloud":
            meters += _anomaly(anomaly)
    return meters


def tail(seed: int, lines: int) -> list[Meter]:
    """The long tail, at so many lines a day."""
    return spread(TAILS, lines, SKUS, seed, Tagger(seed))


def committed_cores(meters: list[Meter]) -> int:
    """Core hours a day that the committed use discount covers."""
    return int(next(m.daily for m in meters if m.sku.key == "cud_core"))


def _machines(fleet: float, tagger: Tagger) -> Iterator[Meter]:
    # name, family, machines, cores, project, product, environment, profile, coverage
    fleets = (
        ("search-node", "n2", 7, 4, _PROD, "search", "prod", "flat", "cud"),
        ("search-feed", "n1", 4, 4, _PROD, "search", "prod", "webscale", "sud"),
        ("search-dev", "n1", 3, 2, _DEV, "search", "dev", "office", ""),
    )
    for name, family, full, cores, project, product, env, profile, coverage in fleets:
        for n in range(0 if fleet < SMALL and not coverage else size(full, fleet)):
            resource = f"vm-{name}-{n}"
            tags = tagger.tags(resource, product, env)
            fields = {"name": resource}
            yield Meter(
                SKUS[f"{family}_core"],
                resource,
                project,
                cores * 24.0,
                profile,
                tags=tags,
                coverage=coverage,
                fields=fields,
            )
            yield Meter(
                SKUS[f"{family}_ram"],
                resource,
                project,
                cores * 4 * 24.0,
                profile,
                tags=tags,
                coverage=coverage,
                fields=fields,
            )
            if fleet >= 0.3:
                yield Meter(
                    SKUS["pd_ssd"],
                    f"disk-{name}-{n}",
                    project,
                    200 / 30,
                    tags=tags,
                    fields={"name": f"disk-{name}-{n}", "attached_to": resource},
                )


def _anomaly(anomaly: Anomaly) -> Iterator[Meter]:
    """A drop is use that ends; everything else is use that begins."""
    start, end = day_index(anomaly.start), day_index(anomaly.end) if anomaly.end else DAYS
    if anomaly.kind == "drop":
        start, end = 0, start
    for n in range(anomaly.count):
        name = anomaly.resource if anomaly.count == 1 else f"{anomaly.resource}-{n}"
        yield Meter(
            SKUS[anomaly.sku],
            name,
            anomaly.sub_account_id,
            anomaly.daily,
            start=start,
            end=end,
            tags=planted_tags(anomaly.product, "prod", {}),
            fields={"name": name},
            anomaly=anomaly.anomaly_id,
        )
