"""How hard each series is to forecast, beside what its usual change tells.

Three facts say so in advance: how far the models disagree, how much the series changed over all
its past, and its level, each in units of its usual change. What they are worth is learned from the
errors of all series at earlier origins; a series' own few errors are mostly chance, and are not
asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import GammaRegressor

from orchestration.analytics.detectors.grid import Floats
from orchestration.analytics.forecasting.boosted import LEAST_SERIES
from orchestration.analytics.forecasting.panel import Panel
from orchestration.analytics.forecasting.registry import MODELS
from orchestration.analytics.forecasting.rhythm import Rhythm
from orchestration.analytics.forecasting.rolling import Fold
from orchestration.analytics.forecasting.scale import mean_known, usual_change

# An error of nothing has no logarithm; in units of the mean error at its step.
LEAST_ERROR = 1e-3


def learn(
    panel: Panel, folds: Sequence[Fold], said: Sequence[Floats], weights: Floats, rhythm: Rhythm
) -> Floats:
    """Errors to expect in units of the usual change, around 1: by fold and series.

    `said` are the chosen paths at each fold; the errors they made count `weights`. A fold of which
    nothing came true yet teaches nothing, and is told what the others teach. From few series
    nothing is learned: all are as hard as their usual change tells.
    """
    hard = np.ones((len(folds), len(panel.series_ids)))
    errors = np.stack([np.abs(f.in_scale(path)) for f, path in zip(folds, said, strict=True)])
    known = ~np.isnan(errors)
    judged = known.any(axis=2)
    if len(panel.series_ids) < LEAST_SERIES or not judged.any():
        return hard
    apart = np.stack([_apart(f, path, rhythm) for f, path in zip(folds, said, strict=True)])
    # Far steps err more, whoever is asked: what counts is more or less than others at that step.
    error = mean_known(errors / _by_step(errors))
    # Models are compared where the errors are, so that a fold's facts are of the same steps.
    told = known | ~judged[:, :, None]
    spread = mean_known(np.where(told, apart / _by_step(np.where(known, apart, np.nan)), np.nan))
    facts = np.stack(
        [_facts(panel, fold, far, rhythm) for fold, far in zip(folds, spread, strict=True)]
    )
    taught = facts[judged]
    # Nothing is known of what lies beyond the facts that were seen.
    facts = np.clip(facts, taught.min(axis=0), taught.max(axis=0))
    unit = (facts - taught.mean(axis=0)) / (taught.std(axis=0) + 1e-9)
    count = np.broadcast_to(weights[:, None], judged.shape)[judged]
    model = GammaRegressor().fit(
        unit[judged], np.maximum(error[judged], LEAST_ERROR), sample_weight=count
    )
    return np.asarray(model.predict(unit.reshape(-1, unit.shape[2])).reshape(hard.shape))


def _apart(fold: Fold, path: Floats, rhythm: Rhythm) -> Floats:
    """How far the models are from the chosen path, by series and step."""
    far = [np.abs(fold.paths[name] - path) for name in MODELS[rhythm.period]]
    return np.asarray(np.mean(far, axis=0) / fold.scale[:, None])


def _by_step(values: Floats) -> Floats:
    """The mean over folds and series at each step, NaN where it is nothing."""
    mean = mean_known(np.moveaxis(values, 2, 0).reshape(values.shape[2], -1))
    return np.where(mean > 0, mean, np.nan)


def _facts(panel: Panel, fold: Fold, apart: Floats, rhythm: Rhythm) -> Floats:
    """facts[series, fact], known at the fold's origin."""
    past = panel.cut(fold.cut)
    ever = usual_change(past, rhythm.change_lag, past.days)
    level = mean_known(np.abs(past.values[:, -rhythm.spans[2] :]))
    return np.log1p(np.stack([apart, ever / fold.scale, level / fold.scale], axis=1))
