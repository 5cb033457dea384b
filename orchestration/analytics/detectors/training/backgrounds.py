"""Invented daily costs without incidents: what bills look like on an ordinary year.

Belongs here: shapes and noise, around a median of 1. Recurring fees, month effects and incidents
are laid over them by `incidents.py`. Every range is wide on purpose: the combiner shall learn what
an incident looks like on any bill, not what these bills look like.
"""

from __future__ import annotations

import numpy as np

from orchestration.analytics.detectors.grid import Floats, Ints

FAMILIES = ("fleet", "traffic", "energy", "jobs")
SHARES = (0.40, 0.38, 0.14, 0.08)


def background(rng: np.random.Generator, weekday: Ints) -> Floats:
    """One positive series of median 1, as long as `weekday` (0 is Monday)."""
    family = FAMILIES[rng.choice(len(FAMILIES), p=SHARES)]
    values = {"fleet": _fleet, "traffic": _traffic, "energy": _energy, "jobs": _jobs}[family](
        rng, weekday
    )
    values = np.maximum(values, 1e-4)
    return np.asarray(values / np.median(values), dtype=np.float64)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """A scale drawn evenly over its orders of magnitude."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _wander(rng: np.random.Generator, days: int, memory: float, sd: float) -> Floats:
    """A mean-reverting walk that forgets within `memory` days."""
    keep = np.exp(-1 / memory)
    steps = sd * np.sqrt(1 - keep**2) * rng.standard_normal(days)
    walk = np.empty(days)
    walk[0] = sd * rng.standard_normal()
    for day in range(1, days):
        walk[day] = keep * walk[day - 1] + steps[day]
    return walk


def _noise(rng: np.random.Generator, days: int, sd: float) -> Floats:
    """Day-to-day noise: now and then heavier than normal, often with some memory."""
    tails = rng.choice([3.0, 5.0, 30.0])
    shocks = rng.standard_t(tails, days) / np.sqrt(tails / (tails - 2))
    memory = rng.uniform(0, 0.8) if rng.random() < 0.6 else 0.0
    values = np.empty(days)
    values[0] = shocks[0]
    for day in range(1, days):
        values[day] = memory * values[day - 1] + np.sqrt(1 - memory**2) * shocks[day]
    return np.asarray(sd * values)


def _week(rng: np.random.Generator, weekday: Ints, size: float) -> Floats:
    """A profile of the week: office days against the week-end, and each day a little its own."""
    profile = rng.normal(0, 0.15 * size, 7)
    profile[5:] += rng.normal(0, size)
    return np.asarray(profile[weekday])


def _year(rng: np.random.Generator, days: int, size: float) -> Floats:
    at = 2 * np.pi * (np.arange(days) / 365.25 + rng.random())
    return np.asarray(size * np.cos(at) + 0.5 * size * rng.random() * np.cos(2 * at + rng.random()))


def _fleet(rng: np.random.Generator, weekday: Ints) -> Floats:
    """Machines that simply run: nearly flat, small steps, weeks that differ a little."""
    days = len(weekday)
    sd = _between(rng, 0.0005, 0.06)
    values = np.zeros(days) + _noise(rng, days, sd)
    if rng.random() < 0.5:
        values += np.repeat(rng.standard_normal(days // 7 + 1), 7)[:days] * sd * rng.uniform(0, 2)
    if rng.random() < 0.5:
        values += _week(rng, weekday, sd * rng.uniform(0.5, 6))
    for _ in range(rng.poisson(1.5)):
        values[rng.integers(days) :] += rng.normal(0, min(2 * sd, 0.05))
    if rng.random() < 0.35:
        # Single days are a little dearer, again and again: a job, a backup.
        values += (rng.random(days) < rng.uniform(0.01, 0.12)) * sd * rng.uniform(3, 12)
    return np.exp(values)


def _traffic(rng: np.random.Generator, weekday: Ints) -> Floats:
    """What follows visitors: weeks, seasons, slow fashions, days in the news."""
    days = len(weekday)
    sd = _between(rng, 0.015, 0.16)
    values = _noise(rng, days, sd) + _week(rng, weekday, rng.uniform(0, 0.35))
    values += _year(rng, days, rng.uniform(0, 0.35))
    values += _wander(rng, days, rng.uniform(15, 90), _between(rng, 0.02, 0.35))
    if rng.random() < 0.25:
        values += _wander(rng, days, rng.uniform(4, 12), _between(rng, 0.02, 0.15))
    if rng.random() < 0.45:
        for _ in range(rng.poisson(rng.uniform(0.5, 10))):
            at, fade = rng.integers(days), rng.uniform(0.3, 5)
            height = _between(rng, 3 * sd, 12 * sd)
            values[at:] += height * np.exp(-np.arange(days - at) / fade)
    return _partly_fixed(rng, np.exp(values))


def _energy(rng: np.random.Generator, weekday: Ints) -> Floats:
    """What follows weather and working days: strong weeks, strong seasons, warm spells."""
    days = len(weekday)
    values = _noise(rng, days, _between(rng, 0.01, 0.06)) + _week(rng, weekday, 0.15)
    values += _year(rng, days, rng.uniform(0.05, 0.25))
    values += _wander(rng, days, rng.uniform(2, 7), _between(rng, 0.02, 0.12))
    # Public holidays look like Sundays.
    values -= (rng.random(days) < 0.025) * rng.uniform(0.05, 0.25)
    return _partly_fixed(rng, np.exp(values))


def _jobs(rng: np.random.Generator, weekday: Ints) -> Floats:
    """A count of jobs a day on top of something that is always on."""
    days = len(weekday)
    rate = _between(rng, 2, 200) * np.exp(_week(rng, weekday, rng.uniform(0, 0.6)))
    counts = rng.poisson(rate * np.exp(_wander(rng, days, 30, rng.uniform(0, 0.3))))
    return _partly_fixed(rng, counts / max(float(np.median(counts)), 1.0))


def _partly_fixed(rng: np.random.Generator, metered: Floats) -> Floats:
    """A fixed fleet below the metered part."""
    fixed = rng.uniform(0, 0.9)
    return np.asarray(fixed + (1 - fixed) * metered / np.median(metered))
