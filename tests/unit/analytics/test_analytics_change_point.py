"""Promises of the change points: where a level began, as of the evening of the alarm."""

from __future__ import annotations

import numpy as np
import pytest

from orchestration.analytics.detectors.change_point import WINDOW, run_start


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, WINDOW)


@pytest.mark.parametrize("first", [20, 33, 39])
def test_a_level_begins_with_its_first_day(first: int) -> None:
    signal = noise(1)
    signal[first:] += 12
    assert run_start(signal) == first


@pytest.mark.parametrize("seed", range(8))
def test_a_ramp_begins_with_its_first_steps_and_not_with_its_last(seed: int) -> None:
    signal = noise(seed)
    signal[20:] += np.minimum(np.arange(1, WINDOW - 19), 20) * 1.5
    found = run_start(signal)
    assert found is not None
    assert 19 <= found <= 26


@pytest.mark.parametrize("seed", range(8))
def test_noise_alone_has_no_beginning(seed: int) -> None:
    assert run_start(noise(seed)) is None


def test_an_earlier_incident_that_is_over_is_not_the_beginning() -> None:
    signal = noise(3)
    signal[8:14] += 15
    signal[30:] += 12
    assert run_start(signal) == 30


def test_a_level_that_fell_last_leads_to_nothing() -> None:
    signal = noise(4)
    signal[:20] += 12
    assert run_start(signal) is None
