"""Acme's Azure resources and prices: the analytics platform, billed in euros under an EA."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.demo.amounts import guid, hex_id
from orchestration.demo.aws_catalogue import SMALL, planted_tags, size, waste_start
from orchestration.demo.company import AZURE_SUBSCRIPTIONS, DAYS, day_index
from orchestration.demo.meters import Meter, Sku
from orchestration.demo.planted import ANOMALIES, VOLUMES
from orchestration.demo.tails import Place, Tagger, Tail, spread

_PROD, _DEV = AZURE_SUBSCRIPTIONS["prod"][0], AZURE_SUBSCRIPTIONS["dev"][0]


def _sku(*columns: str, digits: int = 6) -> Sku:
    key, category, sub, meter, family, consumed, rate, unit = columns
    fields = {
        "service": category,
        "sub": sub,
        "meter": meter,
        "family": family,
        "consumed": consumed,
        "meter_id": guid("azure-meter", key),
        "part": f"AAD-{int(hex_id(key, length=6), 16) % 90000 + 10000}",
    }
    return Sku(key, rate, unit, digits, fields)


_COMPUTE, _STORE = "Microsoft.Compute", "Microsoft.Storage"

# fmt: off
_TABLE = (
    _sku("vm_d4s", "Virtual Machines", "Dsv5 Series", "D4s v5", "Compute", _COMPUTE, "0.2",
         "1 Hour", digits=0),
    _sku("vm_e4s", "Virtual Machines", "Esv5 Series", "E4s v5", "Compute", _COMPUTE, "0.262",
         "1 Hour", digits=0),
    _sku("vm_b2s", "Virtual Machines", "BS Series", "B2s", "Compute", _COMPUTE, "0.0408",
         "1 Hour", digits=0),
    _sku("vm_d4s_spot", "Virtual Machines", "Dsv5 Series", "D4s v5 Spot", "Compute", _COMPUTE,
         "0.0482", "1 Hour", digits=0),
    _sku("disk_p10", "Storage", "Premium SSD Managed Disks", "P10 LRS Disk", "Storage", _STORE,
         "19.71", "1/Month"),
    _sku("disk_p20", "Storage", "Premium SSD Managed Disks", "P20 LRS Disk", "Storage", _STORE,
         "73.22", "1/Month"),
    _sku("blob_data", "Storage", "Tiered Block Blob", "Hot LRS Data Stored", "Storage", _STORE,
         "0.0184", "1 GB/Month"),
    _sku("blob_write", "Storage", "Tiered Block Blob", "Hot LRS Write Operations", "Storage",
         _STORE, "0.0575", "10K"),
    _sku("blob_read", "Storage", "Tiered Block Blob", "Hot Read Operations", "Storage", _STORE,
         "0.0046", "10K"),
    _sku("sql_vcore", "SQL Database", "General Purpose - Compute Gen5", "vCore", "Databases",
         "Microsoft.Sql", "0.2", "1 Hour", digits=4),
    _sku("log_ingestion", "Log Analytics", "Log Analytics", "Pay-as-you-go Data Ingestion",
         "Management and Governance", "Microsoft.OperationalInsights", "2.52", "1 GB"),
    _sku("bandwidth", "Bandwidth", "Rtn Preference: MGN", "Standard Data Transfer Out",
         "Networking",         "Microsoft.Network", "0.0744", "1 GB"),
    _sku("bandwidth_in", "Bandwidth", "Rtn Preference: MGN", "Standard Data Transfer In",
         "Networking", "Microsoft.Network", "0", "1 GB"),
    # Sold by the hundred hours: quantities are counted in blocks, as Azure's own files do.
    _sku("app_plan", "Azure App Service", "Premium v3 Plan", "P1 v3", "Compute", "Microsoft.Web",
         "10.4", "100 Hours", digits=4),
    _sku("functions", "Functions", "Functions", "Standard Execution Time", "Compute",
         "Microsoft.Web", "0.138", "10K"),
)
# fmt: on
SKUS = {sku.key: sku for sku in _TABLE}

# name, sku, machines at full size, subscription, product, environment, profile, coverage
# fmt: off
_FLEETS = (
    ("spark", "vm_d4s", 4, _PROD, "analytics", "prod", "webscale", "reservation"),
    ("notebook", "vm_e4s", 6, _PROD, "analytics", "prod", "webscale", "savingsplan"),
    ("labeller", "vm_d4s_spot", 3, _PROD, "analytics", "prod", "batch", "spot"),
    ("devbox", "vm_b2s", 6, _DEV, "analytics", "dev", "office", ""),
)
# fmt: on

_PLACES = (
    Place(_PROD, "analytics", "prod", 5.0),
    Place(_PROD, "shared", "prod", 2.0),
    Place(_DEV, "analytics", "dev", 1.0),
)
_ACCOUNT = "Microsoft.Storage/storageAccounts/st{product}{env}{n:05d}"
# fmt: off
TAILS = (
    Tail("blob_data", 1300.0, 16, _PLACES, _ACCOUNT, "storage", 0.04),
    Tail("blob_write", 160.0, 12, _PLACES, _ACCOUNT, "batch", minimum=0),
    Tail("blob_read", 900.0, 12, _PLACES, _ACCOUNT, "batch", minimum=0),
    Tail("log_ingestion", 9.0, 8, _PLACES,
         "Microsoft.OperationalInsights/workspaces/law-{product}-{n}", "batch", 0.06),
    Tail("bandwidth", 180.0, 9, _PLACES, "Microsoft.Network/publicIPAddresses/pip-{product}-{n}",
         "web", minimum=0),
    Tail("bandwidth_in", 300.0, 5, _PLACES, "Microsoft.Network/publicIPAddresses/pip-{product}-{n}",
         minimum=0),
    Tail("functions", 60.0, 10, _PLACES, "Microsoft.Web/sites/fn-{product}-{env}-{n}", "web",
         minimum=0),
)
# fmt: on


def resource_id(subscription: str, group: str, path: str) -> str:
    """An Azure resource id."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{path}"


def machine_id(subscription: str, name: str) -> str:
    """Resource id of a virtual machine."""
    return resource_id(subscription, "rg-analytics", f"Microsoft.Compute/virtualMachines/{name}")


def disk_id(subscription: str, name: str) -> str:
    """Resource id of a managed disk."""
    return resource_id(subscription, "rg-analytics", f"Microsoft.Compute/disks/{name}")


def core(seed: int, fleet: float) -> list[Meter]:
    """Every Azure meter but the long tail."""
    tagger = Tagger(seed)
    meters = list(_machines(fleet, tagger))
    sql = resource_id(_PROD, "rg-analytics", "Microsoft.Sql/servers/sql-acme/databases/insights")
    meters.append(
        Meter(
            SKUS["sql_vcore"],
            sql,
            _PROD,
            8 * 24.0,
            "flat",
            0.0,
            tags=tagger.tags(sql, "analytics", "prod"),
        )
    )
    plan = resource_id(_PROD, "rg-analytics", "Microsoft.Web/serverFarms/plan-insights")
    if fleet >= SMALL:
        tags = tagger.tags(plan, "analytics", "prod")
        meters.append(Meter(SKUS["app_plan"], plan, _PROD, 0.48, tags=tags))
    for volume in VOLUMES:
        if volume.provider == "Microsoft":
            subscription = AZURE_SUBSCRIPTIONS[volume.account][0]
            meters.append(
                Meter(
                    SKUS[volume.sku],
                    disk_id(subscription, volume.name),
                    subscription,
                    1 / 30,
                    start=waste_start(fleet),
                    fields={"name": volume.name},
                    tags=planted_tags(volume.product, volume.environment, volume.tags),
                )
            )
    meters += _anomalies()
    return meters


def tail(seed: int, lines: int) -> list[Meter]:
    """The long tail, at so many lines a day."""
    meters = spread(TAILS, lines, SKUS, seed, Tagger(seed))
    return [
        Meter(
            m.sku,
            resource_id(m.account, f"rg-{m.tags.get('product', 'misc')}", m.resource),
            m.account,
            m.daily,
            m.profile,
            m.noise,
            tags=m.tags,
        )
        for m in meters
    ]


def _machines(fleet: float, tagger: Tagger) -> Iterator[Meter]:
    for name, sku, full, subscription, product, env, profile, coverage in _FLEETS:
        if fleet < SMALL and coverage in ("", "spot"):
            continue
        for n in range(size(full, fleet)):
            resource = machine_id(subscription, f"vm-{name}-{n}")
            tags = tagger.tags(resource, product, env)
            shape = "flat" if profile == "webscale" and n % 2 == 0 else profile
            yield Meter(
                SKUS[sku],
                resource,
                subscription,
                24.0,
                shape,
                tags=tags,
                coverage=coverage,
                fields={"name": f"vm-{name}-{n}"},
            )
            if fleet >= 0.3:
                yield Meter(
                    SKUS["disk_p10"],
                    disk_id(subscription, f"osdisk-{name}-{n}"),
                    subscription,
                    1 / 30,
                    tags=tags,
                    fields={"name": f"osdisk-{name}-{n}", "attached_to": resource},
                )


def _anomalies() -> Iterator[Meter]:
    paths = {
        "log_ingestion": "Microsoft.OperationalInsights/workspaces/",
        "sql_vcore": "Microsoft.Sql/servers/sql-acme/databases/",
    }
    for anomaly in ANOMALIES:
        if anomaly.provider == "Microsoft":
            resource = resource_id(
                anomaly.sub_account_id, "rg-analytics", paths[anomaly.sku] + anomaly.resource
            )
            yield Meter(
                SKUS[anomaly.sku],
                resource,
                anomaly.sub_account_id,
                anomaly.daily,
                start=day_index(anomaly.start),
                end=day_index(anomaly.end) if anomaly.end else DAYS,
                tags=planted_tags(anomaly.product, "prod", {}),
                anomaly=anomaly.anomaly_id,
            )
