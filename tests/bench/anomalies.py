"""`python -m tests.bench.anomalies BENCHMARK`: our detectors on an anomaly benchmark, as tables.

BENCHMARK is the folder of `bench_anomaly.py`, which is not part of this project; it needs
statsmodels (`uv run --with statsmodels …`) unless `--raw`. With `--speed`, no benchmark is needed:
processor time per 1,000 series of a year, and the memory of many chunks.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from orchestration.analytics.detectors import detect
from orchestration.analytics.detectors.combiner import rules
from orchestration.analytics.detectors.training.corpus import make_corpus

SERIES = 400


def run(bench: Any, seed: int, raw: bool, learned: bool) -> dict[str, Any]:
    """One seed of the benchmark's development half, scored by the benchmark itself."""
    made = bench.make_benchmark(seed, "dev", SERIES, raw)
    found = detect(made.df) if learned else detect(made.df, combiner=rules)
    return dict(bench.evaluate(found, made))


def table(results: dict[str, dict[str, Any]]) -> str:
    """One row per seed, and their mean."""
    columns = ("f1", "precision", "recall", "usd_recall", "fa_per_series_year")
    lines = [f"| seed | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for name, found in results.items():
        lines.append(f"| {name} | " + " | ".join(f"{found[c]:.2f}" for c in columns) + " |")
    mean = [float(np.mean([found[c] for found in results.values()])) for c in columns]
    lines.append("| mean | " + " | ".join(f"{value:.3f}" for value in mean) + " |")
    return "\n".join(lines)


def details(results: dict[str, dict[str, Any]]) -> str:
    """Recall and delay by kind, and how often harmless habits were flagged, over all seeds."""
    lines = []
    for key in ("by_type", "delay_by_type", "benign_rate"):
        kinds = sorted({kind for found in results.values() for kind in found[key]})
        means = {
            kind: float(np.nanmean([found[key].get(kind, np.nan) for found in results.values()]))
            for kind in kinds
        }
        lines.append(f"{key}: " + ", ".join(f"{kind} {value:.3g}" for kind, value in means.items()))
    return "\n".join(lines)


def speed(chunks: int) -> str:
    """Processor seconds per chunk of 1,000 series of a year, and resident memory after each."""
    process = psutil.Process()
    lines = []
    for number in range(chunks):
        frame = make_corpus(number, 1000).frame
        started = time.process_time()
        detect(frame)
        spent = time.process_time() - started
        lines.append(f"chunk {number}: {spent:.1f} s, {process.memory_info().rss / 2**20:.0f} MiB")
    return "\n".join(lines)


def main() -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", type=Path, nargs="?", help="folder of bench_anomaly.py")
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--raw", action="store_true", help="donors with their outliers")
    parser.add_argument("--rules", action="store_true", help="without the learned combiner")
    parser.add_argument("--audit", action="store_true", help="also remove the future and compare")
    parser.add_argument("--speed", type=int, default=0, metavar="CHUNKS")
    asked = parser.parse_args()
    if asked.speed:
        sys.stdout.write(speed(asked.speed) + "\n")
        return 0
    if asked.benchmark is None or not (asked.benchmark / "bench_anomaly.py").is_file():
        parser.error("give the folder that holds bench_anomaly.py, or --speed CHUNKS")
    sys.path.insert(0, str(asked.benchmark))
    bench = importlib.import_module("bench_anomaly")
    results = {}
    for seed in asked.seeds.split(","):
        results[seed] = run(bench, int(seed), asked.raw, not asked.rules)
    sys.stdout.write(table(results) + "\n\n" + details(results) + "\n")
    if asked.audit:
        made = bench.make_benchmark(int(asked.seeds.split(",")[0]), "dev", SERIES, asked.raw)
        same = bench.audit_causal(detect, made)
        sys.stdout.write(f"causality audit: {same:.2f} unchanged without the future\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
