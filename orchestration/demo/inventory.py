"""Writes Acme's resource inventory: daily snapshots of machines and disks with their utilisation.

Resource ids are those of the bills, so that waste can be priced. The same snapshot, reduced to
what an EC2 API can hold, seeds the emulator on which the demo acts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from orchestration.demo.amounts import hex_id
from orchestration.demo.aws_bills import CSV_OPTIONS, csv_line
from orchestration.demo.company import AS_OF
from orchestration.demo.meters import Meter
from orchestration.demo.planted import IDLE_INSTANCES, VOLUMES, IdleInstance, Volume

# fmt: off
COLUMNS = (
    "snapshot_date", "provider", "account_id", "region", "resource_id", "resource_type",
    "resource_name", "state", "attached_to", "instance_type", "size_gb", "created_at",
    "last_used_at", "cpu_avg_pct", "cpu_max_pct", "network_bytes_per_day", "managed_by", "tags",
)
# fmt: on
SNAPSHOT_DAYS = 30

_TYPES = {
    ("AWS", "machine"): "ec2_instance",
    ("AWS", "disk"): "ebs_volume",
    ("Microsoft", "machine"): "azure_vm",
    ("Microsoft", "disk"): "azure_disk",
    ("Google Cloud", "machine"): "gce_instance",
    ("Google Cloud", "disk"): "gce_disk",
}
_REGIONS = {"AWS": "eu-west-1", "Microsoft": "westeurope", "Google Cloud": "europe-west4"}
_MACHINE_SKUS = ("ec2_", "spot_", "vm_", "n1_core", "n2_core", "e2_core")
_DISK_SKUS = ("ebs_", "disk_", "pd_")
_CORES = {"n1_core": "n1-standard-4", "n2_core": "n2-standard-4", "e2_core": "e2-standard-4"}


@dataclass(frozen=True)
class Resource:
    """One machine or disk as it stood on the last day."""

    provider: str
    account_id: str
    resource_id: str
    kind: str
    name: str
    instance_type: str
    size_gb: int
    attached_to: str
    zone: str
    tags: Mapping[str, str] = field(default_factory=dict)
    idle: IdleInstance | None = None
    volume: Volume | None = None
    office_hours: bool = False

    @property
    def managed_by(self) -> str | None:
        """What claims the resource; acting on it behind its back would not last."""
        planted = self.idle or self.volume
        return planted.managed_by if planted else None


def resources(catalogues: Mapping[str, Sequence[Meter]]) -> list[Resource]:
    """Every machine and disk that the bills still charge on the last day, one entry each."""
    volumes = {v.name: v for v in VOLUMES}
    idle = {i.name: i for i in IDLE_INSTANCES}
    last = max((m.end for meters in catalogues.values() for m in meters), default=0)
    found: dict[str, Resource] = {}
    for provider, meters in catalogues.items():
        for m in meters:
            name = m.fields.get("name")
            machine = m.sku.key.startswith(_MACHINE_SKUS)
            if not name or m.end < last or not (machine or m.sku.key.startswith(_DISK_SKUS)):
                continue
            volume = volumes.get(name)
            size = volume.size_gb if volume else int(m.fields.get("size", "128"))
            found[m.resource] = Resource(
                provider,
                m.account,
                m.resource,
                "machine" if machine else "disk",
                name,
                _instance_type(m) if machine else m.sku.key.split("_", 1)[1],
                0 if machine else size,
                m.fields.get("attached_to", ""),
                m.fields.get("zone", ""),
                m.tags,
                idle.get(name),
                volume,
                m.profile == "office",
            )
    return list(found.values())


def _instance_type(meter: Meter) -> str:
    return (
        meter.sku.fields.get("instance_type")
        or _CORES.get(meter.sku.key)
        or meter.sku.fields.get("meter", "")
    )


def write(folder: Path, found: Sequence[Resource], seed: int) -> list[tuple[str, int]]:
    """Write one file per month of snapshots; returns periods and rows."""
    days = [AS_OF - timedelta(days=n) for n in reversed(range(SNAPSHOT_DAYS))]
    written = []
    for period in sorted({f"{d:%Y-%m}" for d in days}):
        rows = [_row(r, d, seed) for d in days if f"{d:%Y-%m}" == period for r in found]
        rows = [row for row in rows if row]
        path = folder / period / "inventory.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.table({n: pa.array([row.get(n) for row in rows], pa.string()) for n in COLUMNS})
        with path.open("wb") as sink:
            sink.write(csv_line(COLUMNS))
            pcsv.write_csv(table, sink, CSV_OPTIONS)
        written.append((period, len(rows)))
    return written


def _row(r: Resource, day: date, seed: int) -> dict[str, str | None]:
    rng = np.random.default_rng(
        [seed, 61, int(hex_id(r.resource_id, length=12), 16), day.toordinal()]
    )
    age = int(hex_id(seed, r.resource_id, length=4), 16) % 300
    row: dict[str, str | None] = {
        "snapshot_date": day.isoformat(),
        "provider": r.provider,
        "account_id": r.account_id,
        "region": _REGIONS[r.provider],
        "resource_id": r.resource_id,
        "resource_type": _TYPES[r.provider, r.kind],
        "resource_name": r.name,
        "instance_type": r.instance_type,
        "created_at": f"{date(2025, 8, 1) - timedelta(days=age)}T08:00:00Z",
        "managed_by": r.managed_by,
        "tags": json.dumps(dict(r.tags), separators=(",", ":"), sort_keys=True) if r.tags else None,
    }
    if r.kind == "disk":
        attached, used = _attachment(r, day)
        row |= {
            "size_gb": str(r.size_gb),
            "attached_to": attached,
            "state": "in-use" if attached else "available",
            "last_used_at": f"{used}T00:00:00Z",
        }
    else:
        row |= {"last_used_at": f"{day}T00:00:00Z"} | _utilisation(r, day, rng)
    return row


def _attachment(r: Resource, day: date) -> tuple[str | None, date]:
    if r.volume is None:
        return (r.attached_to or f"{r.name}-host"), day
    detached = date.fromisoformat(r.volume.last_used)
    if day < detached:
        return f"i-0{hex_id('former', r.resource_id, length=16)}", day
    return None, detached


def _utilisation(r: Resource, day: date, rng: np.random.Generator) -> dict[str, str | None]:
    if r.idle:
        average, peak = r.idle.cpu_avg, r.idle.cpu_max
        network = 180_000 + int(rng.integers(0, 20_000))
    else:
        average = 24 + 30 * (int(hex_id(r.resource_id, length=4), 16) % 100) / 100
        peak, network = min(99.0, average * 2.1), 9_000_000_000 + int(rng.integers(0, 10**9))
    off = r.office_hours and day.weekday() >= 5 and not r.idle
    wobble = 1 + 0.05 * float(rng.standard_normal())
    return {
        "state": "stopped" if off else "running",
        "cpu_avg_pct": f"{average * wobble:.2f}",
        "cpu_max_pct": f"{peak:.1f}",
        "network_bytes_per_day": str(network),
    }


def emulator_seed(found: Sequence[Resource]) -> dict[str, list[dict[str, Any]]]:
    """The AWS part of the last snapshot, as what an EC2 API emulator can be told to create."""
    instances: list[dict[str, Any]] = []
    volumes: list[dict[str, Any]] = []
    for r in found:
        if r.provider != "AWS":
            continue
        common = {
            "id": r.resource_id,
            "account_id": r.account_id,
            "region": _REGIONS["AWS"],
            "zone": r.zone,
            "type": r.instance_type,
            "tags": {"Name": r.name, **r.tags},
            "managed_by": r.managed_by,
        }
        if r.kind == "machine":
            instances.append(common)
        else:
            attached = None if r.volume else r.attached_to
            volumes.append({**common, "size_gb": r.size_gb, "attached_to": attached})
    return {"instances": instances, "volumes": volumes}
