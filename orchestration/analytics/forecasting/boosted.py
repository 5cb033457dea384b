"""A correction of the base model, learned from the errors it made on all series together.

Gradient boosting on what was known at earlier origins, every horizon asked directly. All is in
units of each series' own usual error, so that a large series teaches a small one. A fold sees
only lessons whose actual was known at its origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from orchestration.analytics.detectors.grid import Floats, Ints, median
from orchestration.analytics.forecasting.habits import habits_in
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.registry import MODELS
from orchestration.analytics.forecasting.rhythm import Rhythm
from orchestration.analytics.forecasting.scale import error_scale, mean_known

#: From fewer series nothing general can be learned.
LEAST_SERIES = 10
LEAST_LESSONS = 2_000
# More teach little more, and cost time and memory.
MOST_LESSONS = 120_000
# Horizons drawn at each origin of each series.
LEADS = 30
# What is larger is an accident that no fact foretells.
LARGEST_LESSON = 10.0
# Few leaves of many lessons: series of one company resemble one another more than they tell.
LEAVES, LEAST_LEAF = 8, 100
# Series predicted at once, so that memory does not grow with their number.
CHUNK = 256


@dataclass(frozen=True)
class Lessons:
    """facts[lesson, fact] with the base model's miss and the column that made it known."""

    rhythm: Rhythm
    facts: Floats
    misses: Floats
    known: Ints

    def corrected(self, panel: Panel, base: Floats) -> Floats | None:
        """The base model's path of `panel`, corrected; None if too little was known by then."""
        # A second thread gains a tenth; where the cores are busy, the two wait for each other.
        with threadpool_limits(1, user_api="openmp"):
            return self._corrected(panel, base)

    def _corrected(self, panel: Panel, base: Floats) -> Floats | None:
        taught = self.known <= panel.days
        if int(taught.sum()) < LEAST_LESSONS:
            return None
        facts, horizon = self.facts[taught], base.shape[1]
        telling = np.isfinite(facts).sum(axis=0) > 1
        trees = HistGradientBoostingRegressor(
            loss="absolute_error",
            max_iter=self.rhythm.trees,
            max_leaf_nodes=LEAVES,
            min_samples_leaf=LEAST_LEAF,
            early_stopping=False,
            random_state=0,
        ).fit(facts[:, telling], self.misses[taught])
        trust = np.interp(np.arange(1, horizon + 1), *self.rhythm.trust)
        out = np.empty_like(base)
        for start in range(0, len(base), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(base)))
            part = panel.rows(rows)
            leads = np.tile(np.arange(1, horizon + 1), (len(part.values), 1))
            known = _facts(part, leads, base[rows], self.rhythm)
            miss = trees.predict(known.reshape(-1, known.shape[-1])[:, telling])
            scale = error_scale(part, self.rhythm)[:, None]
            out[rows] = base[rows] + trust * miss.reshape(leads.shape) * scale
        return out


def collect(panel: Panel, horizon: int, rhythm: Rhythm) -> Lessons | None:
    """Every lesson in the panel's past; None where it has too few series."""
    if len(panel.series_ids) < LEAST_SERIES:
        return None
    draw = np.random.default_rng(0)
    base = MODELS[rhythm.period][rhythm.base]
    leads = max(2, min(LEADS, MOST_LESSONS // (rhythm.lessons * len(panel.series_ids))))
    most = MOST_LESSONS // (rhythm.lessons * leads)
    facts, misses, known = [], [], []
    for lesson in range(rhythm.lessons):
        cut = max(1, horizon // 2) + lesson * rhythm.lesson_step
        old = np.flatnonzero(panel.length - cut >= rhythm.least_history)
        if not len(old):
            break
        rows = old if len(old) <= most else np.sort(draw.choice(old, most, replace=False))
        past, origin = panel.rows(rows).cut(cut), panel.days - cut
        ahead = draw.integers(1, min(horizon, cut) + 1, size=(len(rows), leads))
        habits = habits_in(past, int(ahead.max()), rhythm)
        said = habits.over(base(habits.plain, int(ahead.max())))
        paths = np.take_along_axis(said, ahead - 1, axis=1)
        actual = panel.values[rows[:, None], origin - 1 + ahead]
        miss = (actual - paths) / error_scale(past, rhythm)[:, None]
        seen = np.isfinite(miss)
        facts.append(_facts(past, ahead, base_at=paths, rhythm=rhythm)[seen])
        misses.append(np.clip(miss[seen], -LARGEST_LESSON, LARGEST_LESSON))
        known.append((origin + ahead)[seen])
    if not facts:
        return None
    return Lessons(rhythm, np.concatenate(facts), np.concatenate(misses), np.concatenate(known))


def _facts(past: Panel, ahead: Ints, base_at: Floats, rhythm: Rhythm) -> Floats:
    """facts[series, lead, fact] known at the end of `past` about `ahead` periods later."""
    season, days = rhythm.season, past.days
    recent = past.values[:, -4 * season :] if season > 1 else past.values[:, -1:]
    level = np.nan_to_num(median(recent))[:, None]
    scale = error_scale(past, rhythm)[:, None]
    history = (past.values - level) / scale
    rows = np.arange(len(history))[:, None]

    def at(column: Ints) -> Floats:
        inside = history[rows, np.clip(column, 0, days - 1)]
        return np.where((column >= 0) & (column < days), inside, np.nan)

    target = days - 1 + ahead
    facts = [(base_at - level) / scale, ahead.astype(np.float64)]
    if season > 1:
        ago = (ahead - 1) // season + 1
        same = [at(target - (ago + back) * season) for back in range(4)]
        facts += [*same, median(np.stack(same, axis=-1)), ((ahead - 1) % season).astype(np.float64)]
    ago = (ahead - 1) // rhythm.cycle + 1
    for back in range(3):
        then = at(target - (ago + back) * rhythm.cycle)
        origin_then = at(days - 1 - (ago + back) * rhythm.cycle)
        facts += [then, then - origin_then]
    levels = [mean_known(history[:, -span:]) for span in rhythm.spans]
    window = history[:, -rhythm.spans[2] :]
    filled = np.where(np.isnan(window), 0.0, window)
    steady = [history[:, -lag] if lag <= days else levels[0] for lag in rhythm.lags]
    steady += [*levels, levels[0] - levels[2], levels[2] - levels[4]]
    steady += [filled.std(axis=1), filled.min(axis=1), filled.max(axis=1)]
    steady.append((np.abs(level) / scale)[:, 0])
    facts += [np.broadcast_to(fact[:, None], ahead.shape) for fact in steady]
    return np.stack(facts, axis=-1)
