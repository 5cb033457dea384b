"""All registered detectors, day by day: one incident raises one alarm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Bools, Grid, to_grid
from orchestration.analytics.detectors.history import Day, History
from orchestration.analytics.detectors.registry import DETECTORS, Detector, Vote
from orchestration.analytics.detectors.tuning import DEFAULT, Tuning

# New spend is watched this long: if it stays, the series begins anew; if not, it was a fee.
PROBATION = 7
# Spend that stays away this long is the new level.
SETTLED_DROP = 10


def detect(frame: pd.DataFrame, tuning: Tuning = DEFAULT) -> pd.DataFrame:
    """Judge every day of frame[series_id, ds, y] with what was known on its evening.

    Returns one row per input row: series_id, ds, score (1 is the alarm line), flag, expected,
    kind (spike, level_shift, drop, new_spend), detectors (names, comma-separated) and onset (first
    day of the incident); kind and onset are missing where there is no alarm.
    """
    grid = to_grid(frame)
    run = _Run(grid, tuning)
    for t in range(grid.days):
        run.step(t)
    return run.result()


class _Run:
    """The state of one pass over all series."""

    def __init__(self, grid: Grid, tuning: Tuning) -> None:
        shape = grid.values.shape
        self.grid = grid
        self.history = History(grid, tuning)
        self.detectors = sorted(DETECTORS.values(), key=lambda d: d.rank)
        self.score = np.zeros(shape)
        self.flag = np.zeros(shape, dtype=bool)
        self.expected = np.full(shape, np.nan)
        self.onset = np.full(shape, -1, dtype=np.int64)
        self.kind = np.full(shape, -1, dtype=np.int64)
        self.voters = np.zeros(shape, dtype=np.int64)
        self.fresh = np.full(shape[0], -1, dtype=np.int64)

    def step(self, t: int) -> None:
        day = self.history.look(t)
        votes = [(d, d.judge(self.history, day)) for d in self.detectors]
        for position in reversed(range(len(votes))):
            found, vote = votes[position]
            hit = vote.score >= 1
            self.score[:, t] = np.maximum(self.score[:, t], vote.score)
            self.flag[:, t] |= hit
            self.kind[hit, t] = position
            self.voters[hit, t] |= 1 << position
            onset = np.full(len(hit), t) if vote.onset is None else vote.onset
            self.onset[hit, t] = onset[hit]
            if found.kind == "new_spend":
                self.fresh[hit & (self.fresh < 0)] = t
        self.expected[:, t] = day.expected
        self.history.absorb(day, self.flag[:, t])
        self._settle(day, votes)

    def _settle(self, day: Day, votes: list[tuple[Detector, Vote]]) -> None:
        """Re-base what moved for good, so that the same incident is not told again."""
        t, history = day.t, self.history
        self._settle_new_spend(t)
        moved: Bools = np.zeros(len(day.y), dtype=bool)
        for _, vote in votes:
            if vote.delta is None or vote.onset is None:
                continue
            rows = (vote.score >= 1) & np.isfinite(vote.delta) & ~moved & (self.fresh < 0)
            history.rebase(t, rows, vote.onset, vote.delta)
            moved |= rows
        if t >= SETTLED_DROP:
            low = (history.shortfall[:, t - SETTLED_DROP + 1 : t + 1] >= 1).all(axis=1)
            rows = low & ~moved
            if rows.any():
                recent = history.deviation[:, t - SETTLED_DROP + 1 : t + 1]
                onset = np.full(len(rows), t - SETTLED_DROP + 1, dtype=np.int64)
                history.rebase(t, rows, onset, np.median(recent, axis=1))

    def _settle_new_spend(self, t: int) -> None:
        due = (self.fresh >= 0) & (t - self.fresh == PROBATION - 1)
        if not due.any():
            return
        recent = self.history.raw[:, t - PROBATION + 1 : t + 1]
        peak = np.nanmax(np.where(np.isnan(recent), 0, recent), axis=1)
        stays = due & (np.nan_to_num(np.median(recent, axis=1)) > 0.01 * peak)
        self.history.restart(stays, self.fresh)
        self.fresh[due] = -1

    def result(self) -> pd.DataFrame:
        grid = self.grid
        kinds = np.array([d.kind for d in self.detectors] + [None], dtype=object)
        combinations = np.unique(self.voters)
        names = {
            int(bits): ",".join(d.name for i, d in enumerate(self.detectors) if bits >> i & 1)
            for bits in combinations
        }
        onset = grid.start[:, None] + np.maximum(self.onset, 0).astype("timedelta64[D]")
        onset = np.where(self.onset >= 0, onset, np.datetime64("NaT"))
        frame = grid.index_frame()
        frame["score"] = grid.unpad(np.maximum(self.score, 0.0))
        frame["flag"] = grid.unpad(self.flag)
        frame["expected"] = grid.unpad(self.expected)
        frame["kind"] = pd.Series(kinds[grid.unpad(self.kind)], dtype="str")
        found = [names[int(bits)] for bits in grid.unpad(self.voters)]
        frame["detectors"] = pd.Series(found, dtype="str")
        frame["onset"] = grid.unpad(onset).astype("datetime64[ns]")
        return frame
