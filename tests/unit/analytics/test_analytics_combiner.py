"""Promises of the combiner's file: plain data, fit for the detectors, its line a rate."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from orchestration.analytics.detectors.combiner import (
    FORMAT,
    MODEL,
    Calibrated,
    ModelError,
    Trees,
    rules,
    shipped,
    stored_model,
)
from orchestration.analytics.detectors.training.corpus import make_corpus
from orchestration.analytics.detectors.training.fit import FOLDS, fit_trees, folds
from orchestration.analytics.detectors.training.observe import UNKNOWN, observe
from orchestration.analytics.detectors.training.scoring import score

STUMP = {
    "names": ["a", "b"],
    "bias": 1.0,
    "depth": 1,
    "trees": [
        {
            "feature": [1, 0, 0],
            "threshold": [0.5, 0.0, 0.0],
            "left": [1, 1, 2],
            "right": [2, 1, 2],
            "value": [0.0, -3.0, 2.0],
        }
    ],
}


def test_a_tree_sends_rows_to_the_leaf_of_their_side() -> None:
    found = Trees.read(STUMP)(["a", "b"], np.array([[9.0, 0.5], [9.0, 0.6]]))
    assert found.tolist() == [-2.0, 3.0]


def test_other_evidence_than_it_was_trained_on_is_refused() -> None:
    with pytest.raises(ModelError, match=r"\(a, c\).*make train"):
        Trees.read(STUMP)(["b", "c"], np.zeros((1, 2)))


def test_strength_is_the_budget_over_the_rate_of_false_alarms() -> None:
    rates = np.array([1.0, 0.1])
    combiner = Calibrated(Trees.read(STUMP), np.array([-2.0, 3.0]), rates, budget=0.2)
    found = combiner(["a", "b"], np.array([[0.0, 0.0], [0.0, 1.0]]))
    assert found.tolist() == pytest.approx([0.2, 2.0])


def test_the_shipped_file_is_plain_data_with_its_origin() -> None:
    content = json.loads(MODEL.read_text())
    assert content["format"] == FORMAT
    assert content["provenance"]["donors"]
    rates = content["calibration"]["false_alarms_per_series_year"]
    assert all(a >= b > 0 for a, b in pairwise(rates)), "a line for every budget"


def test_a_smaller_budget_never_alarms_more() -> None:
    content = stored_model()
    evidence = np.random.default_rng(1).normal(3, 5, (200, len(content["names"])))
    generous, strict = (shipped(b)(content["names"], evidence) for b in (0.5, 0.1))
    assert (strict < generous).all()


def test_a_missing_or_foreign_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="make train"):
        stored_model(tmp_path / "none.json")
    foreign = tmp_path / "foreign.json"
    foreign.write_text('{"format": 0}')
    with pytest.raises(ModelError, match="has format 0"):
        stored_model(foreign)


def test_trees_written_decide_as_the_ones_fitted() -> None:
    """`fit_trees` compares them itself and raises where they differ."""
    rng = np.random.default_rng(2)
    evidence = rng.normal(size=(2000, 4))
    truth = (evidence[:, 0] + evidence[:, 1] * evidence[:, 2] > 0.5).astype(np.int64)
    truth[:100] = UNKNOWN
    names = list("abcd")
    found = Trees.read(fit_trees(evidence, truth, names))(names, evidence)
    assert np.mean((found[100:] > 0) == (truth[100:] == 1)) > 0.9


def test_no_donor_is_in_two_folds() -> None:
    donors = [f"d{i % 11}" for i in range(200)]
    fold = folds(donors)
    assert all(len({int(fold[i]) for i in range(j, 200, 11)}) == 1 for j in range(11))
    assert set(fold.tolist()) == set(range(FOLDS))


def test_planted_incidents_are_where_the_corpus_says() -> None:
    """And most are found by the shipped combiner, which never saw this seed."""
    corpus = make_corpus(9000, 60)
    observed = observe(corpus, shipped(0.25))
    found = score(corpus, observed.flags)
    assert found.incidents > 40
    assert found.recall > 0.7
    assert found.false_per_year < 0.6
    ideal = np.zeros_like(observed.flags)
    for row, planted in enumerate(corpus.incidents):
        for incident in planted:
            ideal[row, incident.first] = True
    assert (score(corpus, ideal).recall, score(corpus, ideal).false) == (1.0, 0)


def test_rules_are_the_highest_score() -> None:
    assert rules(["score_a", "x", "score_b"], np.array([[0.2, 9.0, 0.7]])).tolist() == [0.7]
