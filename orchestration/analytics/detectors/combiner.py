"""How the detectors' evidence becomes one strength; 1 is the alarm line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from orchestration.analytics.detectors.grid import Floats

#: Names of the evidence, and one row per candidate, to strength.
Combiner = Callable[[list[str], Floats], Floats]


def rules(names: list[str], evidence: Floats) -> Floats:
    """The strongest detector decides, by its own threshold."""
    columns = [i for i, name in enumerate(names) if name.startswith("score_")]
    return np.asarray(evidence[:, columns].max(axis=1))


def shipped() -> Combiner:
    return rules
