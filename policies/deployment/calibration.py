"""How near past estimates came to their bills, put on the lines of the next one.

Belongs here: the rule by which experience sets an interval and corrects a bias. Does not belong
here: how experience is measured (`fct_estimate_calibration`) and the card that carries it.

A group is what fails alike: provider, resource type, source of the price, source of the use. From
`MIN_OBSERVATIONS` compared estimates of `MIN_CHANGES` changes on, the line's interval is where
eight in ten of them have landed. Its likely value is only corrected, by the median of actual to
estimate, if there are `MIN_CORRECTED`, if more lie on one side than chance explains (two standard
deviations of a fair coin), if it is off by `MIN_BIAS`, and if it is within `PLAUSIBLE`: what is
farther off is a mistake of a mapping or a unit, to be mended there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from policies.deployment.estimated import Estimate, Line, cents
from policies.deployment.mapping import as_text, type_rules
from policies.deployment.usage import weakest

MIN_OBSERVATIONS, MIN_CHANGES = 10, 3
MIN_CORRECTED = 20
MIN_BIAS = Decimal("0.02")
PLAUSIBLE = (Decimal("0.2"), Decimal(5))
_DIGITS = Decimal("0.0001")


class Group(NamedTuple):
    """What fails alike."""

    provider: str
    type: str
    price_source: str
    usage_basis: str


@dataclass(frozen=True)
class Experience:
    """Actual by estimate, over the compared estimates of a group, before any calibration."""

    observations: int
    changes: int
    median: Decimal
    low: Decimal
    high: Decimal
    above: int
    below: int

    @property
    def suffices(self) -> bool:
        """Whether there is enough of it to say anything."""
        return self.observations >= MIN_OBSERVATIONS and self.changes >= MIN_CHANGES

    @property
    def factor(self) -> Decimal:
        """What the likely value is multiplied by: 1, unless the bias is beyond doubt."""
        is_one_sided = (self.above - self.below) ** 2 > 4 * (self.above + self.below)
        is_off = abs(self.median - 1) >= MIN_BIAS
        is_plausible = PLAUSIBLE[0] <= self.median <= PLAUSIBLE[1]
        if self.observations >= MIN_CORRECTED and is_one_sided and is_off and is_plausible:
            return self.median.quantize(_DIGITS, ROUND_HALF_UP)
        return Decimal(1)


Calibration = Mapping[Group, Experience]


def read_calibration(entries: list[dict[str, Any]]) -> dict[Group, Experience]:
    """The groups of a rate card; ValueError names an entry whose figures cannot be."""
    found = {}
    for number, entry in enumerate(entries):
        experience = Experience(
            observations=int(entry["observations"]),
            changes=int(entry["changes"]),
            median=Decimal(entry["median"]),
            low=Decimal(entry["low"]),
            high=Decimal(entry["high"]),
            above=int(entry["above"]),
            below=int(entry["below"]),
        )
        is_ordered = experience.low <= experience.median <= experience.high
        if not is_ordered or experience.above + experience.below > experience.observations:
            raise ValueError(f"calibration[{number}] has ratios or counts without sense")
        found[Group(*(entry[name] for name in Group._fields))] = experience
    return found


def calibrated(estimate: Estimate, calibration: Calibration) -> Estimate:
    """The estimate with what experience says of each line; where it says nothing, as it was."""
    if not calibration:
        return estimate
    return replace(estimate, lines=tuple(_line(line, calibration) for line in estimate.lines))


def _line(line: Line, calibration: Calibration) -> Line:
    rule = type_rules().get(line.type)
    if rule is None or line.price_source is None or line.before is None or line.after is None:
        return line
    basis = weakest(part.basis for part in line.parts)
    group = Group(rule.provider, line.type, line.price_source["kind"], basis)
    experience = calibration.get(group)
    if experience is None or not experience.suffices:
        return line
    return _with(line, line.before, line.after, experience)


def _with(line: Line, before: Decimal, after: Decimal, experience: Experience) -> Line:
    """The resource stays what it is: a ratio holds before and after, so for the difference too."""
    factor, difference = experience.factor, after - before
    # Where the bias is not corrected, the interval still holds the likely value.
    low, high = min(experience.low, factor), max(experience.high, factor)
    bounds = sorted((difference * low, difference * high))
    said = f"calibrated from {experience.observations} bills"
    said += f" by a factor of {as_text(factor)}" if factor != 1 else ""
    return replace(
        line,
        before=_scaled(before, factor),
        after=_scaled(after, factor),
        committed_before=_scaled(line.committed_before, factor),
        committed_after=_scaled(line.committed_after, factor),
        covered_before=_scaled(line.covered_before, factor),
        covered_after=_scaled(line.covered_after, factor),
        low=cents(bounds[0]),
        high=cents(bounds[1]),
        after_low=cents(max(after * low, Decimal(0))),
        after_high=cents(after * high),
        note="; ".join(filter(None, (said, line.note))),
        calibration={
            "observations": experience.observations,
            "changes": experience.changes,
            "median_ratio": as_text(experience.median),
            "low_ratio": as_text(experience.low),
            "high_ratio": as_text(experience.high),
            "factor": as_text(factor),
            "uncalibrated_after": str(after),
            "uncalibrated_low": str(line.low),
            "uncalibrated_high": str(line.high),
        },
    )


def _scaled(value: Decimal | None, factor: Decimal) -> Decimal | None:
    return None if value is None else cents(value * factor)
