"""How a number of rows is shared out: Acme's fleets up to their full size, then the long tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.demo import aws_catalogue, azure_catalogue, gcp_catalogue, kubernetes, saas
from orchestration.demo.company import (
    AWS_HOURS,
    AZURE_HOURS,
    DAYS,
    GCP_HOURS,
    KUBERNETES_HOURS,
    SAAS_HOURS,
)
from orchestration.demo.meters import Meter
from orchestration.demo.tails import minimum_lines

SMALLEST = 20_000
_FULL_FLEET_ROWS = 250_000

BILL_FEEDS = (
    "aws_cur_legacy",
    "aws_cur2",
    "azure_actual",
    "azure_amortized",
    "gcp_detailed",
    "kubernetes_opencost",
    "focus",
)
"""Feeds whose rows the `rows` option counts; drivers and inventory come on top."""

_SHARES = {"aws": 0.60, "azure": 0.20, "gcp": 0.13, "kubernetes": 0.05, "saas": 0.02}


class SizeError(ValueError):
    """The demo company cannot be that small."""


@dataclass(frozen=True)
class Sizes:
    """Company size between 0 and 1, and lines a day of each long tail."""

    fleet: float
    tails: dict[str, int]


def line_days(meters: Sequence[Meter], hours: Sequence[int]) -> int:
    """Lines that meters will have over all delivered days."""
    delivered = [0]
    for value in hours:
        delivered.append(delivered[-1] + (value > 0))
    return sum(delivered[m.end] - delivered[m.start] for m in meters)


def plan(rows: int, seed: int) -> Sizes:
    """Share out `rows`; the fixed part of each bill first, the rest by the bills' shares."""
    if rows < SMALLEST:
        raise SizeError(
            f"the demo company needs at least {SMALLEST} rows, got {rows}; ask for more"
        )
    fleet = min(1.0, rows / _FULL_FLEET_ROWS)
    months = 14
    aws = aws_catalogue.core(seed, fleet)
    covered = sum(m.coverage == "sp" for m in aws)
    fixed = {
        # A covered machine has a second line, its negation; the plan has one line a day.
        "aws": line_days(aws, AWS_HOURS) + int(covered * DAYS * 0.93) + DAYS + 40 * months,
        "azure": 2 * line_days(azure_catalogue.core(seed, fleet), AZURE_HOURS) + 2 * DAYS,
        "gcp": line_days(gcp_catalogue.core(seed, fleet), GCP_HOURS) + 2 * months,
        "kubernetes": 0,
        "saas": months,
    }
    smallest = {
        "aws": minimum_lines(aws_catalogue.TAILS),
        "azure": minimum_lines(azure_catalogue.TAILS),
        "gcp": minimum_lines(gcp_catalogue.TAILS),
        "kubernetes": kubernetes.MINIMUM_PODS,
        "saas": minimum_lines(saas.TAILS),
    }
    days = {
        "aws": _count(AWS_HOURS),
        "azure": 2 * _count(AZURE_HOURS),
        "gcp": _count(GCP_HOURS),
        "kubernetes": _count(KUBERNETES_HOURS),
        "saas": _count(SAAS_HOURS),
    }
    wanted = {
        k: max(rows * share - fixed[k], smallest[k] * days[k]) for k, share in _SHARES.items()
    }
    spare = {k: wanted[k] - smallest[k] * days[k] for k in wanted}
    over = sum(wanted.values()) + sum(fixed.values()) - rows
    # A bill that is larger than its share takes from those that can give.
    scale = max(0.0, 1 - over / sum(spare.values())) if sum(spare.values()) else 0.0
    tails = {
        k: max(smallest[k], round((smallest[k] * days[k] + spare[k] * scale) / days[k]))
        for k in wanted
    }
    return Sizes(fleet, tails)


def _count(hours: Sequence[int]) -> int:
    return sum(value > 0 for value in hours)
