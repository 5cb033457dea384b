"""How the detectors' evidence becomes one strength: boosted trees read from a JSON file.

`combiner.json`, beside this file, was written by `make train`: the names of the evidence, the
trees, the calibration of their sum to false alarms per series and year, and where all of it came
from. Nothing in it is executed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from orchestration.analytics.detectors.grid import Floats, Ints

MODEL = Path(__file__).with_name("combiner.json")
#: The layout of the file that this code reads.
FORMAT = 1


class ModelError(ValueError):
    """The combiner's file does not fit the detectors; the message says what to do."""


class Combiner(Protocol):
    """Names of the evidence and one row per candidate, to strength; from 1 on it is an alarm."""

    def __call__(self, names: list[str], evidence: Floats) -> Floats:
        """Strength of each row."""


def rules(names: list[str], evidence: Floats) -> Floats:
    """The combiner without learning: the strongest detector decides, by its own threshold."""
    columns = [i for i, name in enumerate(names) if name.startswith("score_")]
    return np.asarray(evidence[:, columns].max(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class Trees:
    """An ensemble of regression trees; row = tree, column = node, leaves point to themselves."""

    names: tuple[str, ...]
    bias: float
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats
    depth: int

    def __call__(self, names: list[str], evidence: Floats) -> Floats:
        """Log-odds that a candidate is an incident."""
        if tuple(names) != self.names:
            odd = sorted(set(names) ^ set(self.names))
            raise ModelError(
                f"the combiner was trained on other evidence ({', '.join(odd) or 'another order'}):"
                " run `make train` after changing a detector"
            )
        tree = np.arange(len(self.feature))[None, :]
        rows = np.arange(len(evidence))[:, None]
        node = np.zeros((len(evidence), len(self.feature)), dtype=np.int64)
        for _ in range(self.depth):
            below = evidence[rows, self.feature[tree, node]] <= self.threshold[tree, node]
            node = np.where(below, self.left[tree, node], self.right[tree, node])
        return np.asarray(self.bias + self.value[tree, node].sum(axis=1), dtype=np.float64)

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Trees:
        """The trees of a model file, padded to the largest of them."""
        trees = stored["trees"]
        size = max(len(tree["value"]) for tree in trees)

        def stacked(key: str, kind: type) -> Any:
            padded = [tree[key] + [0] * (size - len(tree[key])) for tree in trees]
            return np.array(padded, dtype=kind)

        return cls(
            names=tuple(stored["names"]),
            bias=float(stored["bias"]),
            feature=stacked("feature", np.int64),
            threshold=stacked("threshold", np.float64),
            left=stacked("left", np.int64),
            right=stacked("right", np.int64),
            value=stacked("value", np.float64),
            depth=int(stored["depth"]),
        )


@dataclass(frozen=True)
class Calibrated:
    """Trees whose sum is told as a multiple of the false-alarm budget: 2 is half as often."""

    trees: Trees
    #: Sums of the trees, rising, and the false alarms per series and year at each, falling.
    sums: Floats
    rates: Floats
    #: False alarms per series and year at which the alarm line lies.
    budget: float

    @property
    def line(self) -> float:
        """The sum of the trees from which on a candidate is an alarm."""
        return float(np.interp(-np.log(self.budget), -np.log(self.rates), self.sums))

    def __call__(self, names: list[str], evidence: Floats) -> Floats:
        """Budget over the rate at which ordinary days are as conspicuous as this candidate."""
        found = self.trees(names, evidence)
        rate = np.exp(np.interp(found, self.sums, np.log(self.rates)))
        return np.asarray(self.budget / rate, dtype=np.float64)


@cache
def stored_model(path: Path = MODEL) -> dict[str, Any]:
    """The file's content; a missing or foreign file is a `ModelError` that says what to do."""
    if not path.is_file():
        raise ModelError(f"{path} is missing: run `make train`, or restore it from git")
    content: dict[str, Any] = json.loads(path.read_text())
    if content.get("format") != FORMAT:
        raise ModelError(
            f"{path} has format {content.get('format')!r}, this code reads {FORMAT}: "
            "run `make train`"
        )
    return content


@cache
def shipped(budget: float) -> Calibrated:
    """The combiner of the installed package, with its alarm line at `budget`."""
    content = stored_model()
    calibration = content["calibration"]
    return Calibrated(
        trees=Trees.read(content),
        sums=np.array(calibration["sums"], dtype=np.float64),
        rates=np.array(calibration["false_alarms_per_series_year"], dtype=np.float64),
        budget=budget,
    )
