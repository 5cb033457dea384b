"""Meters: what a resource is charged for, and how much of it Acme uses each day.

A catalogue lists meters as data; a `Book` compiles them into columns and gives, per day, which
meters ran, how much and at what cost, as exact integers. No provider's format is known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from orchestration.demo.amounts import Ints, units
from orchestration.demo.company import DAYS
from orchestration.demo.seasonality import PROFILES, Floats, group_noise, profile_matrix


@dataclass(frozen=True)
class Sku:
    """A price: what is charged, at which rate, counted in quantities of `digits` decimals."""

    key: str
    rate: str
    unit: str
    digits: int = 6
    fields: Mapping[str, str] = field(default_factory=dict)
    """Native columns of the provider that depend on the price alone."""

    @property
    def step(self) -> int:
        """Cost, in 1e-10, of the smallest quantity; exact, so that cost = rate x quantity."""
        whole, rest = divmod(units(self.rate), 10**self.digits)
        if rest:
            raise ValueError(
                f"{self.key}: rate {self.rate} times {self.digits} digits is not exact"
            )
        return int(whole)


@dataclass(frozen=True)
class Meter:
    """One resource's use of one price."""

    sku: Sku
    resource: str
    account: str
    daily: float
    """Quantity of a plain full day."""
    profile: str = "flat"
    noise: float = 0.0
    start: int = 0
    end: int = DAYS
    tags: Mapping[str, str] = field(default_factory=dict)
    coverage: str = ""
    """What pays for it instead of the on-demand price: the key of a commitment, or 'spot'."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Native columns that depend on the resource."""
    anomaly: str = ""
    """Id of the planted anomaly that this meter is, if it is one."""


@dataclass(frozen=True)
class DayUse:
    """The meters that ran on one day, with quantities and on-demand costs."""

    meter: Ints
    quantity: Ints
    cost: Ints


class Book:
    """All meters of one bill, compiled for vectorised days."""

    def __init__(self, meters: Sequence[Meter], *, seed: int, feed: int, hours: Sequence[int]):
        self.meters = list(meters)
        self._seed = seed
        self._feed = feed
        self._hours = hours
        skus = {id(m.sku): m.sku for m in self.meters}
        steps = {key: sku.step for key, sku in skus.items()}
        groups = sorted({_group(m) for m in self.meters})
        position = {name: i for i, name in enumerate(groups)}
        self.step = np.array([steps[id(m.sku)] for m in self.meters], dtype=np.int64)
        self._power = np.array([10.0**m.sku.digits for m in self.meters])
        self._daily = np.array([m.daily for m in self.meters])
        self._noise = np.array([m.noise for m in self.meters])
        self._start = np.array([m.start for m in self.meters])
        self._end = np.array([m.end for m in self.meters])
        self._profile = np.array([PROFILES.index(m.profile) for m in self.meters], dtype=np.int64)
        self._group = np.array([position[_group(m)] for m in self.meters], dtype=np.int64)
        self._group_noise: Floats = np.vstack([group_noise(seed, g) for g in groups])

    def __len__(self) -> int:
        return len(self.meters)

    def hours(self, day: int) -> int:
        """Hours of the day that the provider has delivered."""
        return self._hours[day]

    def use(self, day: int) -> DayUse:
        """What ran on a day; the same for every call with the same seed."""
        hours = self._hours[day]
        active = (
            np.flatnonzero((self._start <= day) & (day < self._end)) if hours else np.empty(0, int)
        )
        rng = np.random.default_rng([self._seed, self._feed, day])
        jitter = rng.standard_normal(len(self.meters))[active]
        noise = self._noise[active]
        shared = np.where(noise > 0, self._group_noise[self._group[active], day], 1.0)
        factor = profile_matrix()[self._profile[active], day] * shared * np.exp(noise * jitter)
        amount = self._daily[active] * factor * (hours / 24.0) * self._power[active]
        quantity = np.rint(amount).astype(np.int64)
        return DayUse(active.astype(np.int64), quantity, quantity * self.step[active])

    def line_days(self) -> int:
        """How many lines all days together will have, before commitments split any."""
        delivered = np.concatenate([[0], np.cumsum(np.asarray(self._hours) > 0)])
        return int((delivered[self._end] - delivered[self._start]).sum())


def _group(meter: Meter) -> str:
    """Charges of one account and service share their noise, as they share their causes."""
    return f"{meter.account}/{meter.sku.fields.get('service', meter.sku.key)}"
