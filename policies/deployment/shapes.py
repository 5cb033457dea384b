"""What only code can tell of a machine's name: the few rules that no table of data says shorter.

Belongs here: one function per provider, from a name to named values. Does not belong here: prices.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from policies.deployment.pricing import NotPriced

Shape = Callable[[str], dict[str, str]]

# Google bills cores and memory apart. GB of memory per core, by family and class of machine.
_MEMORY = {
    "n1": {"standard": "3.75", "highmem": "6.5", "highcpu": "0.9"},
    "e2": {"standard": "4", "highmem": "8", "highcpu": "1"},
    "n2": {"standard": "4", "highmem": "8", "highcpu": "1"},
    "n2d": {"standard": "4", "highmem": "8", "highcpu": "1"},
    "n4": {"standard": "4", "highmem": "8", "highcpu": "2"},
    "t2d": {"standard": "4"},
    "t2a": {"standard": "4"},
    "c2d": {"standard": "4", "highmem": "8", "highcpu": "2"},
    "c3": {"standard": "4", "highmem": "8", "highcpu": "2"},
    "c3d": {"standard": "4", "highmem": "8", "highcpu": "2"},
    "c4": {"standard": "3.75", "highmem": "7.75", "highcpu": "2"},
}
# What the price list calls the family in front of "Instance Core".
_NAMES = {"n1": "N1 Predefined", "n2d": "N2D AMD", "t2d": "T2D AMD", "t2a": "T2A Arm",
          "c2d": "C2D AMD", "c3d": "C3D"}  # fmt: skip
# Cores that are paid for, and GB, of machines that share a core.
_SHARED = {"e2-micro": ("0.25", "1"), "e2-small": ("0.5", "2"), "e2-medium": ("1", "4")}
_PREDEFINED = re.compile(r"([a-z]\d[a-z]?)-(standard|highmem|highcpu)-(\d+)")
# More memory than usual (`-ext`) has a price of its own.
_CUSTOM = re.compile(r"(?:([a-z]\d[a-z]?)-)?custom-(\d+)-(\d+)")


def google_machine(name: str) -> dict[str, str]:
    """`family` as the price list has it, `cores` and `memory` (GB) of a machine type."""
    name = name.rsplit("/", 1)[-1]
    if name in _SHARED:
        cores, memory = _SHARED[name]
        return {"family": "E2", "cores": cores, "memory": memory}
    match = _PREDEFINED.fullmatch(name)
    if match and match[2] in _MEMORY.get(match[1], {}):
        family, kind, cores = match.groups()
        memory = str(Decimal(cores) * Decimal(_MEMORY[family][kind]))
        return {"family": _NAMES.get(family, family.upper()), "cores": cores, "memory": memory}
    match = _CUSTOM.fullmatch(name)
    if match:
        family = match[1] or "n1"
        label = "Custom" if family == "n1" else f"{_NAMES.get(family, family.upper())} Custom"
        memory = str(Decimal(match[3]) / 1024)
        return {"family": label, "cores": match[2], "memory": memory}
    raise NotPriced(f"machine type {name} is not among the known ones")


def google_database(name: str) -> dict[str, str]:
    """`class`, `cores` and `memory` (GB) of a Cloud SQL tier."""
    if name in ("db-f1-micro", "db-g1-small"):
        return {"class": "micro" if name == "db-f1-micro" else "small", "cores": "0", "memory": "0"}
    match = re.fullmatch(r"db-custom-(\d+)-(\d+)", name)
    if match:
        memory = str(Decimal(match[2]) / 1024)
        return {"class": "custom", "cores": match[1], "memory": memory}
    match = re.fullmatch(r"db-n1-(standard|highmem)-(\d+)", name)
    if match:
        memory = str(Decimal(match[2]) * Decimal(_MEMORY["n1"][match[1]]))
        return {"class": "custom", "cores": match[2], "memory": memory}
    raise NotPriced(f"tier {name} is not among the known ones")


def azure_machine(name: str) -> dict[str, str]:
    """`meter` of a machine size: Standard_D2s_v3 is sold as "D2s v3"."""
    size = re.fullmatch(r"(?:Standard_|Basic_)?(\w+)", name)
    if size is None:
        raise NotPriced(f"size {name} is not among the known ones")
    # The meter leaves a promotion's mark away, and has spaces for underscores.
    return {"meter": size[1].removesuffix("_Promo").replace("_", " ")}


def azure_database(name: str) -> dict[str, str]:
    """`tier`, `generation` or `size`, `cores` of names such as GP_Gen5_2 or GP_Standard_D2s_v3."""
    tiers = {"GP": "General Purpose", "BC": "Business Critical", "HS": "Hyperscale",
             "MO": "Memory Optimized", "B": "Burstable"}  # fmt: skip
    match = re.fullmatch(r"(GP|BC|HS)_(S_)?(Gen5)_(\d+)", name)
    if match:
        kind = "serverless" if match[2] else "provisioned"
        return {"model": "vcore", "tier": tiers[match[1]], "cores": match[4], "kind": kind}
    match = re.fullmatch(r"(B|GP|MO)_Standard_([A-Z]+)(\d+)(\w*)", name)
    if match:
        # Burstable servers are sold in capitals: "B1MS".
        size = f"{match[2]}{match[3]}{match[4]}".replace("_", " ").upper()
        series = re.sub(r"\d+", "", match[2]) + re.sub(r"^\d+", "", match[4]).replace("_", "")
        return {"model": "flexible", "tier": tiers[match[1]], "cores": match[3], "size": size,
                "series": series, "kind": "provisioned"}  # fmt: skip
    match = re.fullmatch(r"(Basic|[SP]\d+)", name)
    if match:
        size = "B" if match[1] == "Basic" else match[1]
        tier = {"B": "Basic", "S": "Standard", "P": "Premium"}[size[0]]
        return {"model": "dtu", "tier": tier, "size": size, "kind": "provisioned", "cores": "0"}
    raise NotPriced(f"{name} is not among the known ones")


# What one of a unit of memory is in GiB; without a unit it is bytes.
_GIBIBYTES = {"": Decimal(1) / 2**30, "M": Decimal(10**6) / 2**30, "G": Decimal(10**9) / 2**30,
              "Mi": Decimal(1) / 1024, "Gi": Decimal(1)}  # fmt: skip


def quantity(text: str) -> dict[str, str]:
    """`number` of cores ("2", "500m") and `gibibytes` ("512Mi", "2G") that Kubernetes writes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(m|M|G|Mi|Gi)?", text)
    if match is None:
        raise NotPriced(f"{text} is not a number of cores or bytes")
    value, unit = Decimal(match[1]), match[2] or ""
    number = value / 1000 if unit == "m" else value
    return {"number": str(number), "gibibytes": str(value * _GIBIBYTES.get(unit, Decimal(0)))}


SHAPES: dict[str, Shape] = {
    "google_machine": google_machine,
    "google_database": google_database,
    "azure_machine": azure_machine,
    "azure_database": azure_database,
    "quantity": quantity,
}
