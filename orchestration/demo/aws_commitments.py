"""Acme's AWS commitments: one Savings Plan and two sets of reserved instances, in exact integers.

Belongs here: rates, what a commitment covers on a day and what it leaves unused. How that is
written into a report is in `aws_rows.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.demo.amounts import ONE, Ints, units
from orchestration.demo.company import AWS_PAYER, Month, day_index
from orchestration.demo.meters import Meter


@dataclass(frozen=True)
class Reservation:
    """A set of equal reserved instances; amounts per instance-hour in units of 1e-10."""

    key: str
    arn: str
    account: str
    sku: str
    count: int
    recurring: int
    upfront: int
    start: int
    """Day index, negative where it was bought before the first bill."""
    years: int
    option: str

    def hours(self, month: Month) -> int:
        """Reserved hours of a whole month, from the reservation's start."""
        days = month.first + month.length - max(month.first, self.start)
        return max(0, days) * 24 * self.count

    @property
    def upfront_fee(self) -> int:
        """What was paid on the first day."""
        return self.upfront * self.count * self.years * 365 * 24


@dataclass(frozen=True)
class SavingsPlan:
    """A Savings Plan without upfront payment."""

    arn: str
    hourly: int
    rates: dict[str, int]
    """Price with the plan per hour, by price key."""


_SP_RATES = {"ec2_m5.large": "0.0663", "ec2_m5.xlarge": "0.1327", "ec2_m5.2xlarge": "0.2654"}


def savings_plan(meters: Sequence[Meter]) -> SavingsPlan:
    """A plan that covers most, not all, of the eligible machines: some usage stays on demand."""
    rates = {key: units(rate) for key, rate in _SP_RATES.items()}
    eligible = [m for m in meters if m.coverage == "sp"]
    running = sum(rates[m.sku.key] * (1.0 if m.profile == "flat" else 0.8) for m in eligible)
    # A tenth of a cent per hour is the step in which plans are sold here.
    hourly = max(1, round(0.93 * running / (ONE // 1000))) * (ONE // 1000)
    arn = f"arn:aws:savingsplans::{AWS_PAYER}:savingsplan/3b7c1f0e-52d4-4c19-9c55-a1b2c3d4e5f6"
    return SavingsPlan(arn, hourly, rates)


def reservations(meters: Sequence[Meter]) -> list[Reservation]:
    """The cache fleet's reservation has one instance too many; the databases' is used fully."""
    found = []
    for key, recurring, upfront, start, years, option, spare in (
        ("ri-cache", "0.053", "0.035", day_index("2025-06-01"), 3, "Partial Upfront", 1),
        ("ri-orders", "0", "0.17", day_index("2026-02-10"), 1, "All Upfront", 0),
    ):
        covered = [m for m in meters if m.coverage == key]
        service = "rds" if covered[0].sku.key.startswith("rds") else "ec2"
        account = covered[0].account
        arn = f"arn:aws:{service}:eu-west-1:{account}:reserved-instances/{key}-0001"
        found.append(
            Reservation(
                key,
                arn,
                account,
                covered[0].sku.key,
                len(covered) + spare,
                units(recurring),
                units(upfront),
                start,
                years,
                option,
            )
        )
    return found


@dataclass(frozen=True)
class Covered:
    """How one day's eligible usage meets a Savings Plan."""

    hours: Ints
    """Covered hours of each eligible meter."""
    used: int
    """Commitment consumed, in 1e-10."""
    committed: int


def cover(plan: SavingsPlan, rate: Ints, quantity: Ints, delivered_hours: int) -> Covered:
    """Cover whole hours in order until the day's commitment is used up."""
    committed = plan.hourly * delivered_hours
    before = np.cumsum(rate * quantity) - rate * quantity
    hours = np.clip((committed - before) // np.maximum(rate, 1), 0, quantity)
    return Covered(hours, int((hours * rate).sum()), committed)
