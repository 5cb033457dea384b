"""`make train`: plant, judge, fit, calibrate; writes `combiner.json`, prints what it is worth."""

from __future__ import annotations

import argparse
import sys

from orchestration.analytics.detectors.combiner import MODEL, Trees, rules
from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.detectors.training.corpus import invented, make_corpus
from orchestration.analytics.detectors.training.donors import borrowed
from orchestration.analytics.detectors.training.fit import (
    calibrated,
    fit_model,
    fit_trees,
    stacked,
    write,
)
from orchestration.analytics.detectors.training.observe import observe
from orchestration.analytics.detectors.tuning import DEFAULT

#: How backgrounds are drawn, how many series in the first and in the last round, and the seed.
CORPORA = (("borrowed", borrowed, 1000, 6400, 31), ("invented", invented, 600, 4000, 32))


def main() -> int:
    """Two rounds: the rules decide what the first one sees, its trees what the last one sees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="smaller corpora, for a trial")
    scale = parser.parse_args().scale
    first = [
        observe(make_corpus(seed + 100, int(n * scale), draw), rules)
        for _, draw, n, _, seed in CORPORA
    ]
    trees = Trees.read(fit_trees(*stacked(first)))

    def likelier_than_not(names: list[str], evidence: Floats) -> Floats:
        return 1 + trees(names, evidence)

    observed = [
        observe(make_corpus(seed, int(n * scale), draw), likelier_than_not)
        for _, draw, _, n, seed in CORPORA
    ]
    provenance = {
        "script": "python -m orchestration.analytics.detectors.training",
        "corpora": [
            {"backgrounds": name, "series": int(n * scale), "seed": seed}
            for name, _, _, n, seed in CORPORA
        ],
        "donors": sorted(set(observed[0].corpus.donors)),
    }
    model, sums = fit_model(observed, provenance)
    write(model, MODEL)
    line = calibrated(model, DEFAULT.false_alarms).line
    for (name, *_), found, unseen in zip(CORPORA, observed, sums, strict=True):
        told = found.score(1 + unseen - line)
        sys.stdout.write(
            f"{name}: F1 {told.f1:.3f}, recall {told.recall:.3f}, {told.false_per_year:.2f} "
            "false alarms per series-year, by trees that never saw the donor\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
