"""Where a lasting change began: PELT over the days before an alarm, as of that evening.

Asked for alarms only. A level window knows that its days are high, not which was the first; a
drift is told weeks after its first step.
"""

from __future__ import annotations

import numpy as np
import ruptures

from orchestration.analytics.detectors.grid import Floats, Ints
from orchestration.analytics.detectors.history import Day, History

# Six whole weeks: a ramp is told within three of its beginning, three are what was before.
WINDOW = 42
# What another change must explain, in squared noise. Four times BIC's: days resemble their
# neighbours. Chosen on our own incidents (see the README beside this folder).
PENALTY = 60.0
SHORTEST = 2
# A step before belongs to the rise if it is at least this share of what rose after it.
PART_OF_IT = 0.2


def began(history: History, day: Day, rows: Ints) -> Ints:
    """First column of the levels that rise to today's, for each of `rows`; -1 if there is none."""
    first = day.t - WINDOW + 1
    found = np.full(len(rows), -1, dtype=np.int64)
    if first < 7:
        return found
    usage = history.usage[rows, first : day.t + 1]
    # The weekday pattern of the week before: later ones have learned of the change already.
    pattern = np.tile(history.middle[rows, first - 7 : first], WINDOW // 7)
    signal = (usage - pattern) / day.noise[rows, None]
    for number in np.flatnonzero(np.isfinite(signal).all(axis=1)):
        start = run_start(signal[number])
        found[number] = -1 if start is None else first + start
    return found


def run_start(signal: Floats) -> int | None:
    """Where the levels that rise to the last one begin; None where there is but one level.

    `signal` is in units of its noise.
    """
    search = ruptures.KernelCPD(kernel="linear", min_size=SHORTEST)
    ends = search.fit(signal[:, None]).predict(pen=PENALTY)
    if len(ends) == 1:
        return None
    starts = [0, *ends[:-1]]
    levels = [part.mean() for part in np.split(signal, ends[:-1])]
    steps = np.diff(levels)
    last = len(steps) - 1
    if steps[last] <= 0:
        return None
    while last > 0 and steps[last - 1] > PART_OF_IT * (levels[-1] - levels[last]):
        last -= 1
    return int(starts[last + 1])
