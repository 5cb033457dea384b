"""Writes what OpenCost says each workload of the Kubernetes cluster used, day by day.

OpenCost is reconciled with the bill here: its costs are parts of what the nodes really cost that
day, and what nobody requested stays idle, so workloads never add up to more than the nodes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from orchestration.demo.amounts import Ints, hex_id, plain_texts
from orchestration.demo.aws_bills import CSV_OPTIONS, csv_line
from orchestration.demo.company import KUBERNETES_HOURS, PRODUCTS, Month, day_date
from orchestration.demo.seasonality import PROFILES, Floats, profile_matrix

# fmt: off
COLUMNS = (
    "Date", "Namespace", "ControllerKind", "ControllerName", "Pod", "Container",
    "CPUCoreUsageAverage", "CPUCoreRequestAverage", "RAMBytesUsageAverage",
    "RAMBytesRequestAverage", "NetworkReceiveBytes", "NetworkTransferBytes", "GPUs", "PVBytes",
    "CPUCost", "RAMCost", "NetworkCost", "PVCost", "GPUCost", "TotalCost", "Labels",
)
# fmt: on

# namespace, controller kind, controller, product, share of the nodes
# fmt: off
_WORKLOADS = (
    ("storefront", "deployment", "web", "storefront", 0.16),
    ("storefront", "deployment", "api", "storefront", 0.11),
    ("checkout", "deployment", "api", "checkout", 0.10),
    ("checkout", "statefulset", "ledger", "checkout", 0.07),
    ("search", "deployment", "api", "search", 0.08),
    ("search", "cronjob", "indexer", "search", 0.05),
    ("platform", "daemonset", "log-agent", "platform", 0.05),
    ("platform", "deployment", "ingress", "shared", 0.04),
    ("kube-system", "daemonset", "kube-proxy", "", 0.03),
)
# fmt: on


@dataclass(frozen=True)
class Pods:
    """Pods of all workloads, as columns."""

    workload: Ints
    share: Floats
    names: list[str]


def pods(count: int, seed: int) -> Pods:
    """So many pods: one per workload at least, unless there are fewer; big ones have more."""
    weights = np.array([w[-1] for w in _WORKLOADS[:count]])
    sizes = np.maximum(1, np.rint(weights / weights.sum() * count).astype(np.int64))
    workload = np.repeat(np.arange(len(weights)), sizes)
    names = []
    for position, w in enumerate(workload.tolist()):
        _, _, controller, _, _ = _WORKLOADS[w]
        names.append(f"{controller}-{hex_id(seed, 'pod', position, length=9)}")
    return Pods(workload, weights[workload] / sizes[workload], names)


MINIMUM_PODS = 3


def write_month(
    path: Path, month: Month, running: Pods, node_cost: Sequence[int], *, seed: int
) -> tuple[int, int]:
    """Write one month; returns its rows and its total in 1e-10 dollars."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = total = 0
    with path.open("wb") as sink:
        sink.write(csv_line(COLUMNS))
        for day in range(month.first, month.last):
            if KUBERNETES_HOURS[day] == 0:
                continue
            table, cost = _day(day, running, node_cost[day], seed)
            pcsv.write_csv(table, sink, CSV_OPTIONS)
            rows += table.num_rows
            total += cost
    return rows, total


def _day(day: int, running: Pods, node_cost: int, seed: int) -> tuple[pa.Table, int]:
    rng = np.random.default_rng([seed, 41, day])
    load = profile_matrix()[PROFILES.index("webscale"), day]
    jitter = np.exp(0.08 * rng.standard_normal(len(running.workload)))
    share = running.share * jitter * (0.75 + 0.25 * load)
    # Requests may never exceed the nodes, whatever the noise says.
    share *= min(1.0, 0.9 / float(share.sum()))
    cpu = np.floor(share * 0.62 * node_cost).astype(np.int64)
    ram = np.floor(share * 0.38 * node_cost).astype(np.int64)
    total = cpu + ram
    count = len(running.workload)
    cores = np.rint(share * 64 * 10**10).astype(np.int64)
    memory = np.rint(share * 256 * 2**30).astype(np.int64)
    names = [_WORKLOADS[w] for w in running.workload.tolist()]
    zero = pa.repeat("0", count)
    table = pa.table(
        {
            "Date": pa.repeat(day_date(day).isoformat(), count),
            "Namespace": [w[0] for w in names],
            "ControllerKind": [w[1] for w in names],
            "ControllerName": [w[2] for w in names],
            "Pod": running.names,
            "Container": [w[2] for w in names],
            "CPUCoreUsageAverage": plain_texts(cores * 6 // 10),
            "CPUCoreRequestAverage": plain_texts(cores),
            "RAMBytesUsageAverage": pa.array(memory * 7 // 10),
            "RAMBytesRequestAverage": pa.array(memory),
            "NetworkReceiveBytes": pa.array(memory // 90),
            "NetworkTransferBytes": pa.array(memory // 70),
            "GPUs": zero,
            "PVBytes": zero,
            "CPUCost": plain_texts(cpu),
            "RAMCost": plain_texts(ram),
            "NetworkCost": zero,
            "PVCost": zero,
            "GPUCost": zero,
            "TotalCost": plain_texts(total),
            "Labels": [_labels(w[2], w[3]) for w in names],
        }
    )
    return table, int(total.sum())


def _labels(app: str, product: str) -> str:
    labels = {"app": app}
    if product:
        labels |= {"product": product, "team": PRODUCTS[product].team}
    return json.dumps(labels, separators=(",", ":"))
