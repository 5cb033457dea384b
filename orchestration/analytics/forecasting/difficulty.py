"""How hard each series is to forecast, beside what its usual change tells.

Three facts say so in advance: how far the models disagree, how much the series changed over all
its past, and its level, each in units of its usual change. What they are worth is learned from the
errors of all series at earlier origins; a series' own few errors are mostly chance, and are not
asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import GammaRegressor

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.boosted import LEAST_SERIES
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.registry import MODELS
from orchestration.analytics.forecasting.rhythm import Rhythm
from orchestration.analytics.forecasting.rolling import Fold
from orchestration.analytics.forecasting.scale import error_scale, mean_known, usual_change

# An error of nothing has no logarithm; in units of the mean error at its step.
LEAST_ERROR = 1e-3


@dataclass(frozen=True)
class Difficulty:
    """Errors to expect in units of a series' usual change, around 1."""

    #: By fold and series.
    then: Floats
    #: By series, at the panel's end.
    now: Floats


def learn(
    panel: Panel,
    folds: Sequence[Fold],
    said: Sequence[Floats],
    paths: dict[str, Floats],
    middle: Floats,
    weights: Floats,
    rhythm: Rhythm,
) -> Difficulty:
    """Learn from the chosen path `said` at each fold, whose errors count `weights`.

    `paths` and `middle` are what the models and the chosen ones say at the panel's end. From few
    series nothing is learned: all are as hard as their usual change tells.
    """
    alike = Difficulty(np.ones((len(folds), len(middle))), np.ones(len(middle)))
    if len(panel.series_ids) < LEAST_SERIES or not folds:
        return alike
    errors = np.stack([np.abs(f.in_scale(s)) for f, s in zip(folds, said, strict=True)])
    unknown = np.isnan(errors)
    apart = np.stack(
        [_apart(f.paths, s, f.scale, rhythm) for f, s in zip(folds, said, strict=True)]
    )
    apart[unknown] = np.nan
    # Far steps err more, whoever is asked: what counts is more or less than others at that step.
    usual = _by_step(errors)
    typical = _by_step(apart)
    error = mean_known(errors / usual)
    facts = np.stack(
        [
            _facts(panel.cut(fold.cut), fold.scale, mean_known(spread / typical), rhythm)
            for fold, spread in zip(folds, apart, strict=True)
        ]
    )
    judged = ~unknown.all(axis=2)
    if not judged.any():
        return alike
    known = facts[judged]
    center, spread = known.mean(axis=0), known.std(axis=0) + 1e-9
    count = np.broadcast_to(weights[:, None], judged.shape)[judged]
    model = GammaRegressor().fit(
        (known - center) / spread, np.maximum(error[judged], LEAST_ERROR), sample_weight=count
    )
    scale = error_scale(panel, rhythm)
    ahead = mean_known(_apart(paths, middle, scale, rhythm) / typical)
    # Nothing is known of what lies beyond the facts that were seen.
    today = np.clip(_facts(panel, scale, ahead, rhythm), known.min(axis=0), known.max(axis=0))
    alike.then[judged] = model.predict((known - center) / spread)
    return Difficulty(alike.then, model.predict((today - center) / spread))


def _apart(paths: dict[str, Floats], middle: Floats, scale: Floats, rhythm: Rhythm) -> Floats:
    """How far the models are from the chosen path, by series and step."""
    far = [np.abs(paths[name] - middle) for name in MODELS[rhythm.period]]
    return np.asarray(np.mean(far, axis=0) / scale[:, None])


def _by_step(values: Floats) -> Floats:
    """The mean over folds and series at each step, NaN where there is none but 0."""
    mean = mean_known(np.moveaxis(values, 2, 0).reshape(values.shape[2], -1))
    return np.where(mean > 0, mean, np.nan)


def _facts(past: Panel, scale: Floats, apart: Floats, rhythm: Rhythm) -> Floats:
    """facts[series, fact], known at the end of `past`."""
    ever = usual_change(past, rhythm.change_lag, past.days)
    level = mean_known(np.abs(past.values[:, -rhythm.spans[2] :]))
    return np.log1p(np.stack([apart, ever / scale, level / scale], axis=1))
