"""All registered detectors, day by day: one incident raises one alarm."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.change_point import began
from orchestration.analytics.detectors.combiner import Combiner, shipped
from orchestration.analytics.detectors.context import context
from orchestration.analytics.detectors.grid import Bools, Floats, Grid, Ints, to_grid
from orchestration.analytics.detectors.history import WEEKS_TO_LEARN, Day, History
from orchestration.analytics.detectors.registry import DETECTORS, Vote
from orchestration.analytics.detectors.tuning import DEFAULT, Tuning

# New spend is watched this long: if it stays, the series begins anew; if not, it was a fee.
PROBATION = 7
# A level that holds for a week after an alarm, and a drop after ten days, is the new level.
SETTLED, SETTLED_DROP = 7, 10
# How long after an alarm the level may still settle.
UNSETTLED = 14
# Days that something lasting is assumed to last when its impact is estimated.
MONTH = 30
# Kinds whose own rule suffices, from which score on: the combiner may add to the clear ones, not
# forbid those. It learned of outages, not of a part that stopped for good.
RULED = {"new_spend": 1.0, "drop": 1.5}
# Detectors of a level, which know that it is high and not where it began.
DATED = ("level_shift", "drift")
# Series that are judged together: enough for numpy, few enough for flat memory.
BLOCK = 1000
# Blocks at the same time: one for each core of a small machine.
THREADS = 2


def detect(
    frame: pd.DataFrame, tuning: Tuning = DEFAULT, combiner: Combiner | None = None
) -> pd.DataFrame:
    """Judge every day of frame[series_id, ds, y] with what was known on its evening.

    Returns one row per input row: series_id, ds, score (1 is the alarm line), flag, expected,
    impact (money at stake: the day's excess of a spike, thirty days' of anything that may last;
    a float, an estimate), kind (spike, level_shift, drop, new_spend), detectors (names,
    comma-separated) and onset (first day of the incident); kind and onset are missing where there
    is no alarm.
    """
    grid = to_grid(frame)
    decide = shipped(tuning.false_alarms) if combiner is None else combiner

    def judge(start: int) -> pd.DataFrame:
        run = Run(grid.block(start, start + BLOCK), tuning, decide)
        for t in range(run.grid.days):
            run.step(t)
        return run.result()

    # numpy lets go of the interpreter's lock while it sorts and adds.
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(judge, range(0, max(len(grid.series_ids), 1), BLOCK)))
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Candidates:
    """The series of one day that some detector finds worth a question."""

    names: list[str]
    rows: Ints
    evidence: Floats


class Run:
    """The state of one pass over a block of series."""

    def __init__(self, grid: Grid, tuning: Tuning, combiner: Combiner) -> None:
        shape = grid.values.shape
        self.grid, self.tuning, self.combiner = grid, tuning, combiner
        self.history = History(grid, tuning)
        self.detectors = sorted(DETECTORS.values(), key=lambda d: d.rank)
        self.enough = np.array([RULED.get(d.kind, np.inf) for d in self.detectors])
        self.dated = [i for i, d in enumerate(self.detectors) if d.name in DATED]
        self.score = np.zeros(shape)
        self.flag = np.zeros(shape, dtype=bool)
        self.expected = np.full(shape, np.nan)
        self.impact = np.zeros(shape)
        self.onset = np.full(shape, -1, dtype=np.int64)
        self.kind = np.full(shape, -1, dtype=np.int64)
        self.voters = np.zeros(shape, dtype=np.int64)
        self.fresh = np.full(shape[0], -1, dtype=np.int64)
        #: What the combiner was asked on the last day; None if nothing.
        self.asked: Candidates | None = None

    def step(self, t: int) -> None:
        """Judge day t of every series and take it into the history."""
        history = self.history
        day = history.look(t)
        votes = [detector.judge(history, day) for detector in self.detectors]
        scores = np.stack([vote.score for vote in votes])
        strength = self._strength(day, votes, scores)
        # Who would alarm alone names the kind, by rank; else the one that came nearest.
        ranks = np.array([d.rank for d in self.detectors])[:, None]
        first = np.argmax(np.minimum(scores, 1) - 1e-3 * ranks, axis=0)
        at = (first, np.arange(scores.shape[1]))
        amount = np.stack([vote.amount for vote in votes])[at]
        enough = np.abs(np.nan_to_num(amount)) >= self._worth(day)
        hit = (strength >= 1) & enough
        onsets = [np.full(len(hit), t) if v.onset is None else v.onset for v in votes]
        self.score[:, t] = np.where(enough, strength, np.minimum(strength, 0.999))
        self.flag[:, t] = hit
        self.kind[hit, t] = first[hit]
        bits = sum((scores[i] >= 1).astype(np.int64) << i for i in range(len(votes)))
        self.voters[hit, t] = (bits | (1 << first))[hit]
        self.onset[hit, t] = np.stack(onsets)[at][hit]
        self._date(day, np.flatnonzero(hit & np.isin(first, self.dated)))
        self.expected[:, t] = day.expected
        lasting = np.array([1 if d.kind == "spike" else MONTH for d in self.detectors])[first]
        self.impact[hit, t] = (amount * lasting)[hit]
        fresh = np.array([d.kind == "new_spend" for d in self.detectors])[first]
        self.fresh[hit & fresh & (self.fresh < 0)] = t
        history.absorb(day, hit)
        self._settle(day)

    def _date(self, day: Day, rows: Ints) -> None:
        """Where PELT sees the level begin, that is its onset; else the detector's word stands."""
        found = began(self.history, day, rows)
        self.onset[rows, day.t] = np.where(found >= 0, found, self.onset[rows, day.t])

    def _strength(self, day: Day, votes: list[Vote], scores: Floats) -> Floats:
        """The combiner's word where a detector is moved; `RULED` ones need no second opinion."""
        strength: Floats = (scores / self.enough[:, None]).max(axis=0)
        least = np.maximum(self._worth(day), self.tuning.ask_noise * day.noise)
        asked = np.zeros(len(least), dtype=bool)
        for found, vote in zip(self.detectors, votes, strict=True):
            size = -vote.amount if found.kind == "drop" else vote.amount
            asked |= np.nan_to_num(size) >= least
        asked &= (strength < 1) & day.ready
        rows = np.flatnonzero(asked)
        self.asked = None
        if not len(rows):
            return strength
        evidence: dict[str, Floats] = {}
        for found, vote in zip(self.detectors, votes, strict=True):
            evidence[f"score_{found.name}"] = vote.score
            evidence |= vote.evidence
        evidence |= context(self.history, day)
        names = list(evidence)
        matrix = np.column_stack([values[rows] for values in evidence.values()])
        matrix = np.clip(np.nan_to_num(matrix), -1e4, 1e4)
        self.asked = Candidates(names, rows, matrix)
        strength[rows] = self.combiner(names, matrix)
        return strength

    def _worth(self, day: Day) -> Floats:
        """The least money a day that anybody would call a change."""
        return np.maximum(self.tuning.money, self.tuning.least_share * day.size)

    def _lasting_worth(self, day: Day) -> Floats:
        """The least that must have moved for good for the history to follow."""
        return np.maximum(4 * day.noise, self.tuning.least_share * np.abs(day.level))

    def _settle(self, day: Day) -> None:
        """Re-base what moved for good, so that the same incident is not told again."""
        t, history = day.t, self.history
        self._settle_new_spend(t)
        if t < UNSETTLED:
            return
        flags = history.flagged[:, t - UNSETTLED + 1 : t + 1]
        recent = history.deviation[:, t - SETTLED + 1 : t + 1]
        middle = np.median(np.nan_to_num(recent), axis=1)
        worth = self._lasting_worth(day)
        high = np.sort(recent, axis=1)[:, 1] > 0.5 * middle
        up = flags.any(axis=1) & (middle > worth) & high
        longer = history.deviation[:, t - SETTLED_DROP + 1 : t + 1]
        down = np.median(np.nan_to_num(longer), axis=1)
        low = np.sort(longer, axis=1)[:, -2] < 0.5 * down
        down_rows = flags.any(axis=1) & (-down > worth) & low
        rows = (up | down_rows) & (self.fresh < 0) & (t - history.born >= UNSETTLED)
        if rows.any():
            first = t - UNSETTLED + 1 + np.argmax(flags, axis=1)
            history.rebase(t, rows, np.minimum(first, t - SETTLED + 1), np.where(up, middle, down))
        self._settle_weekday(day, rows)

    def _settle_weekday(self, day: Day, settled: Bools) -> None:
        """A job that came every week since an alarm is expected from now on."""
        t, history = day.t, self.history
        span = 7 * WEEKS_TO_LEARN
        if t < span:
            return
        weeks = history.deviation[:, t - span + 7 : t + 1 : 7]
        middle = np.median(np.nan_to_num(weeks), axis=1)
        worth = self._lasting_worth(day)
        alike = (np.sign(middle)[:, None] * weeks > 0.5 * np.abs(middle)[:, None]).all(axis=1)
        told = history.flagged[:, t - span + 1 : t + 1].any(axis=1)
        rows = told & alike & (np.abs(middle) > worth) & ~settled & (self.fresh < 0)
        rows &= t - history.born >= span
        if rows.any():
            history.rebase_weekday(t, rows, middle)

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
        """One row per day that was given."""
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
        frame["impact"] = grid.unpad(self.impact)
        frame["kind"] = pd.Series(kinds[grid.unpad(self.kind)], dtype="str")
        found = [names[int(bits)] for bits in grid.unpad(self.voters)]
        frame["detectors"] = pd.Series(found, dtype="str")
        frame["onset"] = grid.unpad(onset).astype("datetime64[ns]")
        return frame
