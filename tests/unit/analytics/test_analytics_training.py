"""Promises of the corpora that the combiner is trained on."""

import numpy as np

from orchestration.analytics.detectors.training.corpus import LENGTH, make_corpus
from orchestration.analytics.detectors.training.incidents import KINDS, WARM_UP


def test_incidents_are_planted_on_all_days_alike() -> None:
    """Trees that can tell the age of a series would otherwise believe that none comes later."""
    corpus = make_corpus(seed=5, count=400)
    first = np.array([i.first for found in corpus.incidents for i in found if i.kind in KINDS])
    months, _ = np.histogram(first, bins=8, range=(WARM_UP + 10, LENGTH - 25))
    assert months.min() > 0.5 * months.max()
