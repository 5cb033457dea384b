"""Alarms held against the truth of a corpus, by incident and by cluster of days."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from orchestration.analytics.detectors.grid import Bools
from orchestration.analytics.detectors.training.corpus import Corpus
from orchestration.analytics.detectors.training.incidents import AFTERMATH, INCIDENT, ORDINARY

#: Flagged days this close together are one alarm to whoever reads them.
ONE_ALARM = 3


@dataclass
class Score:
    """Sums over series; what people ask for is derived from them."""

    told: int = 0
    incidents: int = 0
    false: int = 0
    days: int = 0
    by_kind: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))

    @property
    def recall(self) -> float:
        """Share of incidents that were told in time."""
        return self.told / max(self.incidents, 1)

    @property
    def precision(self) -> float:
        """Share of what was told that was an incident."""
        return self.told / max(self.told + self.false, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def false_per_year(self) -> float:
        """False alarms per series and year."""
        return self.false / max(self.days / 365.25, 1e-9)


def score(corpus: Corpus, flag: Bools) -> Score:
    """`flag` has one row per series of the corpus, one column per day."""
    total = Score()
    for row, state in enumerate(corpus.state):
        total.days += int(np.isin(state, (ORDINARY, INCIDENT)).sum())
        told = np.flatnonzero(flag[row] & (state >= 0))
        if len(told):
            for cluster in np.split(told, np.flatnonzero(np.diff(told) > ONE_ALARM) + 1):
                total.false += not np.isin(state[cluster], (INCIDENT, AFTERMATH)).any()
        for found in corpus.incidents[row]:
            hit = bool(((told >= found.first) & (told <= found.last)).any())
            total.told += hit
            total.incidents += 1
            total.by_kind[found.kind].append(hit)
    return total
