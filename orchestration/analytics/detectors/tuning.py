"""Every threshold of the detectors in one place, with the reason for its size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tuning:
    """An alarm needs all three: many noise units, a visible share, and money worth a look."""

    #: Days of own history before anything but new spend may alarm: more than a month, so that
    #: the fees of a month were seen once.
    min_history: int = 35
    #: Same-weekday values that make the baseline.
    weeks: int = 8
    #: Days of history for noise and for the own history of each statistic.
    noise_days: int = 91
    tail_days: int = 182
    #: Noise is never taken as less than this share of the level: bills are rounded and jitter.
    noise_floor: float = 0.02
    #: Least money per day, in dollars; `detect_within` has it about as much in other currencies.
    money: float = 0.5

    spike_noise: float = 10.0
    spike_share: float = 0.15
    #: How far beyond the usual largest residual of its own history.
    spike_tail: float = 1.6
    tail_quantile: float = 0.99

    drop_noise: float = 4.0
    drop_share: float = 0.3
    drop_tail: float = 1.3
    #: The newest two days of a bill are usually incomplete.
    drop_days: int = 3

    shift_noise: float = 12.0
    shift_share: float = 0.14
    shift_tail: float = 2.0
    shift_quantile: float = 1.0

    #: A creeping rise over three weeks, and the same weekday dearer twice.
    drift_noise: float = 8.0
    drift_share: float = 0.2
    drift_tail: float = 2.0
    weekly_noise: float = 8.0
    weekly_tail: float = 2.0

    #: Days without spend before spend counts as new.
    silent_days: int = 28

    #: False alarms per series and year, as calibrated on bills no tree was fitted to. The corpus
    #: is nastier than most bills: half of its real donors keep their outliers.
    false_alarms: float = 0.25
    #: From this many noise units on, the combiner is asked.
    ask_noise: float = 3.0
    #: Least share of the level that anybody would call a change.
    least_share: float = 0.08


DEFAULT = Tuning()
