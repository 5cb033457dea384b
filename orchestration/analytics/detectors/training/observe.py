"""What the combiner is asked while a corpus is judged, and what it should have answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.analytics.detectors.combiner import Combiner
from orchestration.analytics.detectors.ensemble import BLOCK, Run
from orchestration.analytics.detectors.grid import Bools, Floats, Ints, to_grid
from orchestration.analytics.detectors.training.corpus import Corpus
from orchestration.analytics.detectors.training.incidents import INCIDENT, ORDINARY
from orchestration.analytics.detectors.training.scoring import Score, score
from orchestration.analytics.detectors.tuning import DEFAULT, Tuning

#: A candidate inside an aftermath, or inside an incident that was told already, teaches nothing.
UNKNOWN = -1


@dataclass(frozen=True)
class Observed:
    """One row per candidate of a corpus: where it was, what was seen, what is true."""

    corpus: Corpus
    names: list[str]
    evidence: Floats
    row: Ints
    day: Ints
    truth: Ints
    #: Alarms that needed no combiner (new spend), and all alarms of the run.
    certain: Bools
    flags: Bools

    @property
    def donor(self) -> list[str]:
        """The donor of each candidate's background."""
        return [self.corpus.donors[row] for row in self.row]

    def score(self, strength: Floats) -> Score:
        """The score if candidates alarmed from `strength` 1 on; the histories stay as they were."""
        flags = self.certain.copy()
        flags[self.row, self.day] |= strength >= 1
        return score(self.corpus, flags)


def observe(corpus: Corpus, combiner: Combiner, tuning: Tuning = DEFAULT) -> Observed:
    """Judge the corpus with `combiner` and keep all that it was asked."""
    grid = to_grid(corpus.frame)
    rows, days, evidence, flags = [], [], [], []
    names: list[str] = []
    for start in range(0, len(grid.series_ids), BLOCK):
        run = Run(grid.block(start, start + BLOCK), tuning, combiner)
        for t in range(run.grid.days):
            run.step(t)
            if run.asked is not None:
                names = run.asked.names
                rows.append(run.asked.rows + start)
                days.append(np.full(len(run.asked.rows), t))
                evidence.append(run.asked.evidence)
        flags.append(run.flag)
    row, day, flag = np.concatenate(rows), np.concatenate(days), np.concatenate(flags)
    certain = flag.copy()
    certain[row, day] = False
    return Observed(
        corpus, names, np.concatenate(evidence), row, day, _truth(corpus, row, day, flag),
        certain, flag,
    )  # fmt: skip


def _truth(corpus: Corpus, row: Ints, day: Ints, flag: Bools) -> Ints:
    """1 inside an incident that nobody has told yet, 0 on an ordinary day, else UNKNOWN."""
    told = np.zeros(flag.shape, dtype=bool)
    so_far = np.zeros(len(flag), dtype=bool)
    for t in range(flag.shape[1]):
        told[:, t] = so_far
        so_far = (so_far | flag[:, t]) & (corpus.state[:, t] == INCIDENT)
    state = corpus.state[row, day]
    inside = (state == INCIDENT) & ~told[row, day]
    return np.where(inside, 1, np.where(state == ORDINARY, 0, UNKNOWN)).astype(np.int64)
