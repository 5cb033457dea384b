"""`make train`: plant, judge, fit, calibrate; writes `combiner.json` and prints what it is worth."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from orchestration.analytics.detectors.combiner import MODEL, Combiner, rules
from orchestration.analytics.detectors.training.corpus import invented, make_corpus
from orchestration.analytics.detectors.training.donors import borrowed
from orchestration.analytics.detectors.training.fit import (
    calibrated,
    fit_model,
    out_of_fold,
    write,
)
from orchestration.analytics.detectors.training.observe import observe
from orchestration.analytics.detectors.tuning import DEFAULT

#: Series per corpus: (name, how backgrounds are drawn, how many, seed).
CORPORA = (("borrowed", borrowed, 1600, 31), ("invented", invented, 1000, 32))
#: The rules decide what the first round sees, the fitted combiner what the next one sees.
ROUNDS = 2


def main() -> int:
    """Fit as shipped; `--scale` makes the corpora smaller for a trial."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    corpora = [make_corpus(seed, int(n * scale), draw) for _, draw, n, seed in CORPORA]
    provenance: dict[str, Any] = {
        "script": "python -m orchestration.analytics.detectors.training",
        "corpora": [
            {"backgrounds": name, "series": int(n * scale), "seed": seed}
            for name, _, n, seed in CORPORA
        ],
        "rounds": ROUNDS,
        "donors": sorted(set(corpora[0].donors)),
    }
    combiner: Combiner = rules
    for _ in range(ROUNDS):
        observed = [observe(corpus, combiner) for corpus in corpora]
        model = fit_model(observed, provenance)
        combiner = calibrated(model, DEFAULT.false_alarms)
    write(model, MODEL)
    for name, found, sums in zip(
        [c[0] for c in CORPORA], observed, out_of_fold(observed), strict=True
    ):
        line = min(
            point
            for point, rate in zip(*model["calibration"].values(), strict=True)
            if rate <= DEFAULT.false_alarms
        )
        told = found.score(1 + sums - line)
        sys.stdout.write(
            f"{name}: F1 {told.f1:.3f}, recall {told.recall:.3f}, "
            f"{told.false_per_year:.2f} false alarms per series-year (donors unseen)\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
