"""What each part is worth: the combiner fitted without it, scored on donors that no tree saw.

    python -m orchestration.analytics.detectors.training.ablation --scale 0.3

Every row has the same false-alarm budget, so that only the F1 differs. Histories stay as the whole
ensemble left them; a part's real worth, which also keeps histories clean, is somewhat more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from orchestration.analytics.detectors.combiner import rules
from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.detectors.training.__main__ import CORPORA
from orchestration.analytics.detectors.training.corpus import make_corpus
from orchestration.analytics.detectors.training.fit import (
    FOLDS,
    calibration,
    folds,
    out_of_fold,
    stacked,
)
from orchestration.analytics.detectors.training.observe import UNKNOWN, Observed, observe
from orchestration.analytics.detectors.tuning import DEFAULT

#: The evidence of each part, by the beginnings of its names.
PARTS = {
    "weekday baseline": ("surprise", "above_", "step", "score_weekday"),
    "level shift, 2 to 14 days": ("level_", "jump_", "score_level"),
    "drift": ("rise", "long_rise", "two_months", "steady", "newest_step", "score_drift", "creep",
              "days_above", "week_above", "slope_"),
    "weekly job": ("twice", "thrice", "rest_of_week", "score_weekly"),
    "drop": ("missing", "score_drop"),
    "own history (peaks, tails, ranks)": ("surprise_tail", "surprise_peak", "surprise_equal",
                                          "surprise_half", "level_2_peak", "level_3_peak",
                                          "level_7_peak", "level_14_peak", "jump_2_peak",
                                          "jump_3_peak", "jump_7_peak", "jump_14_peak",
                                          "rise_peak", "rise_swing", "steady_peak", "twice_peak",
                                          "thrice_peak", "missing_tail", "missing_peak",
                                          "level_2_often", "level_7_often", "jump_2_often",
                                          "jump_7_often", "creep_peak", "creep_often",
                                          "slope_7_peak", "slope_14_peak"),
    "context (noise, rhythm, past alarms)": ("noise_", "tail_noise", "low_tail", "memory",
                                             "week_spread", "silent", "age", "excused", "alarm",
                                             "first_of"),
}  # fmt: skip
#: Splits the folds' candidates into fitted and judged, returns the judged ones' strength.
Judge = Callable[[Floats, Floats, Floats], Floats]


def without(observed: Sequence[Observed], prefixes: tuple[str, ...]) -> list[Observed]:
    """The same candidates with a part's evidence taken away."""
    keep = [i for i, name in enumerate(observed[0].names) if not name.startswith(prefixes)]
    names = [observed[0].names[i] for i in keep]
    return [replace(o, names=names, evidence=o.evidence[:, keep]) for o in observed]


def judged_by(observed: Sequence[Observed], judge: Judge) -> list[Floats]:
    """Another combiner in the trees' place, on the same folds."""
    evidence, truth, _ = stacked(observed)
    fold = folds([donor for o in observed for donor in o.donor])
    strength = np.zeros(len(truth))
    for number in range(FOLDS):
        known = (fold != number) & (truth != UNKNOWN)
        strength[fold == number] = judge(evidence[known], truth[known], evidence[fold == number])
    return np.split(strength, np.cumsum([len(o.truth) for o in observed])[:-1])


def logistic(evidence: Floats, truth: Floats, asked: Floats) -> Floats:
    """A straight line through ranks: the simplest combiner that could do."""
    ranks = QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=0)
    model = make_pipeline(ranks, LogisticRegression(C=0.1, max_iter=300)).fit(evidence, truth)
    return np.asarray(model.decision_function(asked))


def isolation_forest(evidence: Floats, truth: Floats, asked: Floats) -> Floats:
    """Unsupervised, on the same evidence: rare is taken for wrong."""
    del truth
    forest = IsolationForest(n_estimators=100, max_samples=1024, random_state=0).fit(evidence)
    return np.asarray(-forest.score_samples(asked))


def strongest_rule(observed: Sequence[Observed]) -> list[Floats]:
    """No learning: the highest score of any detector."""
    return [rules(o.names, o.evidence) for o in observed]


def rows(observed: Sequence[Observed]) -> Iterator[tuple[str, list[Floats]]]:
    """Each ablation and its sums."""
    yield "all parts, boosted trees (shipped)", out_of_fold(observed)
    yield "logistic regression instead of trees", judged_by(observed, logistic)
    yield "Isolation Forest instead of trees", judged_by(observed, isolation_forest)
    yield "rules only, at the same budget", strongest_rule(observed)
    for part, prefixes in PARTS.items():
        yield f"without {part}", out_of_fold(without(observed, prefixes))


def main() -> int:
    """A markdown table on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    observed = [
        observe(make_corpus(seed + 200, int(n * scale), draw), rules)
        for _, draw, _, n, seed in CORPORA
    ]
    budget = DEFAULT.false_alarms
    sys.stdout.write(
        f"| at {budget} false alarms per series-year | F1, real donors | F1, invented |\n"
        "|---|---|---|\n"
    )
    for name, sums in rows(observed):
        table = calibration(observed, sums)
        line = next(
            (point for point, rate in zip(*table.values(), strict=True) if rate <= budget),
            np.inf,
        )
        scores = [o.score(1 + s - line) for o, s in zip(observed, sums, strict=True)]
        told = " | ".join(f"{found.f1:.2f}" for found in scores)
        sys.stdout.write(f"| {name} | {told} |\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
