"""Fit the combiner's trees, calibrate them on donors they never saw, write them as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier

from orchestration.analytics.detectors.combiner import FORMAT, Calibrated, Trees
from orchestration.analytics.detectors.grid import Floats, Ints
from orchestration.analytics.detectors.training.observe import UNKNOWN, Observed

FOLDS = 4
#: Small trees, many of them, each seeing half of the evidence: what holds on unseen donors.
BOOSTING = {
    "max_iter": 400,
    "learning_rate": 0.06,
    "max_leaf_nodes": 16,
    "max_depth": 6,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "max_features": 0.4,
    "random_state": 0,
    "early_stopping": False,
}
#: Sums of the trees at which the calibration is told.
POINTS = 40
#: Rarer than this cannot be told from a corpus of this size (false alarms per series and year).
RAREST = 0.002


def fit_trees(evidence: Floats, truth: Ints, names: Sequence[str]) -> dict[str, Any]:
    """Trees as plain lists; candidates of unknown truth are left out."""
    known = truth != UNKNOWN
    model = HistGradientBoostingClassifier(**BOOSTING).fit(evidence[known], truth[known])
    trees = [_plain(stage[0].nodes) for stage in model._predictors]
    stored = {
        "names": list(names),
        "bias": float(model._baseline_prediction.ravel()[0]),
        "depth": max(tree.pop("depth") for tree in trees),
        "trees": trees,
    }
    # The private layout of scikit-learn's trees may change: then this must not pass in silence.
    sample = evidence[:: max(1, len(evidence) // 500)]
    ours, theirs = Trees.read(stored)(list(names), sample), model.decision_function(sample)
    if not np.allclose(ours, theirs, atol=1e-4):
        raise RuntimeError("the trees written differ from scikit-learn's: adapt fit._plain")
    return stored


def _plain(nodes: Any) -> dict[str, Any]:
    leaf = nodes["is_leaf"].astype(bool)
    itself = np.arange(len(nodes))
    return {
        "feature": np.where(leaf, 0, nodes["feature_idx"]).astype(int).tolist(),
        "threshold": [
            0.0 if end else float(value)
            for end, value in zip(leaf, nodes["num_threshold"], strict=True)
        ],
        "left": np.where(leaf, itself, nodes["left"]).astype(int).tolist(),
        "right": np.where(leaf, itself, nodes["right"]).astype(int).tolist(),
        "value": [
            float(f"{value:.7g}") if end else 0.0
            for end, value in zip(leaf, nodes["value"], strict=True)
        ],
        "depth": int(nodes["depth"].max()),
    }


def folds(donors: Sequence[str], seed: int = 0) -> Ints:
    """The fold of each candidate; all of a donor's are in one."""
    names = sorted(set(donors))
    shuffled = np.random.default_rng(seed).permutation(len(names))
    fold = {name: int(place) % FOLDS for name, place in zip(names, shuffled, strict=True)}
    return np.array([fold[donor] for donor in donors], dtype=np.int64)


def out_of_fold(observed: Sequence[Observed]) -> list[Floats]:
    """For each corpus the sums of trees that were fitted without the candidate's donor."""
    evidence, truth, names = stacked(observed)
    fold = folds([donor for o in observed for donor in o.donor])
    sums = np.zeros(len(truth))
    for number in range(FOLDS):
        trees = Trees.read(fit_trees(evidence[fold != number], truth[fold != number], names))
        sums[fold == number] = trees(names, evidence[fold == number])
    return np.split(sums, np.cumsum([len(o.truth) for o in observed])[:-1])


def calibration(observed: Sequence[Observed], sums: Sequence[Floats]) -> dict[str, list[float]]:
    """False alarms per series and year when the line lies at each of some sums of the trees.

    Each corpus counts the same. The rates fall strictly, so that they can be read both ways.
    """
    everything = np.concatenate(list(sums))
    points = np.unique(np.quantile(everything, np.linspace(0.02, 0.999, POINTS)).round(4))
    rates = []
    for point in points:
        scores = [o.score(1 + s - point) for o, s in zip(observed, sums, strict=True)]
        rates.append(float(np.mean([found.false_per_year for found in scores])))
    falling = np.minimum.accumulate(np.maximum(rates, RAREST))
    falling *= 1 - 1e-6 * np.arange(len(falling))
    return {
        "sums": points.tolist(),
        "false_alarms_per_series_year": [float(f"{rate:.6g}") for rate in falling],
    }


def calibrated(model: dict[str, Any], budget: float) -> Calibrated:
    """A combiner from freshly fitted content."""
    told = model["calibration"]
    return Calibrated(
        Trees.read(model),
        np.array(told["sums"]),
        np.array(told["false_alarms_per_series_year"]),
        budget,
    )


def fit_model(
    observed: Sequence[Observed], provenance: dict[str, Any]
) -> tuple[dict[str, Any], list[Floats]]:
    """Content of the model file, fitted on all corpora, and the sums it was calibrated on."""
    sums = out_of_fold(observed)
    model = fit_trees(*stacked(observed))
    told = {
        "format": FORMAT,
        "provenance": provenance
        | {"scikit_learn": sklearn.__version__, "folds_by_donor": FOLDS, "boosting": BOOSTING},
        "calibration": calibration(observed, sums),
        **model,
    }
    return told, sums


def stacked(observed: Sequence[Observed]) -> tuple[Floats, Ints, list[str]]:
    """Evidence and truth of all corpora, one below the other, and the names of the evidence."""
    evidence = np.concatenate([o.evidence for o in observed])
    return evidence, np.concatenate([o.truth for o in observed]), observed[0].names


def write(model: dict[str, Any], path: Path) -> None:
    """One line per tree, so that a difference can be read."""
    head = {key: value for key, value in model.items() if key != "trees"}
    lines = [json.dumps(tree, separators=(",", ":")) for tree in model["trees"]]
    body = json.dumps(head, indent=1)[:-2]
    path.write_text(body + ',\n "trees": [\n' + ",\n".join(lines) + "\n ]\n}\n")
