"""What is scaled, and within which guardrails: one `Target`, from configuration.

Belongs here: the facts of a target and that they do not contradict each other. Does not belong
here: the decision (`decide.py`).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

# The usual month of price lists: a year's hours by twelve.
HOURS_PER_MONTH = Decimal(730)
CENT = Decimal("0.01")
LARGEST_FLEET = 100_000


class TargetError(ValueError):
    """A target cannot be used; the message names file, target, field and the remedy."""


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(f'write it as text, "{value}": a float loses cents')
    return value


# Bounds that keep every sum of a year of hours exact within the 28 digits of `decimal`.
Price = Annotated[
    Decimal, BeforeValidator(_exact), Field(gt=0, le=Decimal("1e6"), decimal_places=9)
]
Money = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=0, le=Decimal("1e12"), decimal_places=9)
]
Capacity = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=Decimal("1e-9"), le=Decimal("1e15"))
]
Share = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1000, decimal_places=6)]
Units = Annotated[int, Field(strict=True, ge=0, le=LARGEST_FLEET)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=7 * 24 * 60)]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
# It names files, and Terraform's autoscale profiles.
Name = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
# What an autoscale setting takes.
LARGEST_SCALE_SET = 1000


class Target(BaseModel):
    """A fleet of equal units: how much one serves and costs, and how it may be changed.

    `unit_capacity` is the demand that one unit serves in one `period`, in the metric's own unit.
    Percentages are of the demand (`headroom_pct`) and of the present units
    (`change_threshold_pct`); `step_limit` counts units per change; money is in `currency`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Literal["azure_scale_set", "azure_function_app"]
    environment: Text
    owner: Text
    series_id: Text
    metric: Text
    period: Literal["hour", "day"]
    quantile: Literal["p50", "p90", "p975"] = "p90"
    unit_capacity: Capacity
    headroom_pct: Share
    startup_minutes: Minutes
    min_units: Units
    #: To Azure a function app's limit of 0 is none.
    max_units: Annotated[int, Field(strict=True, ge=1, le=LARGEST_FLEET)]
    step_limit: Annotated[int, Field(strict=True, ge=1, le=LARGEST_FLEET)]
    change_threshold_pct: Share
    cooldown_minutes: Minutes
    hourly_cost: Price
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    monthly_budget: Money
    #: Machines of the inventory whose name begins so are the units of now; else the caller counts.
    inventory_prefix: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Target:
        if self.min_units > self.max_units:
            raise ValueError(f"min_units {self.min_units} is above max_units {self.max_units}")
        if self.kind == "azure_scale_set" and self.max_units > LARGEST_SCALE_SET:
            raise ValueError(
                f"max_units {self.max_units} is more than the {LARGEST_SCALE_SET} instances that "
                "an autoscale setting takes"
            )
        least = self.min_units * self.hourly_cost * HOURS_PER_MONTH
        if least > self.monthly_budget:
            raise ValueError(
                f"min_units alone cost {least:.2f} {self.currency} a month, more than the "
                f"monthly_budget of {self.monthly_budget}"
            )
        return self

    @property
    def step(self) -> timedelta:
        """The length of one period."""
        return timedelta(hours=self.period_hours)

    @property
    def period_hours(self) -> int:
        """Hours of one period."""
        return 1 if self.period == "hour" else 24

    @property
    def lead_steps(self) -> int:
        """Steps until units that are ordered now serve."""
        return math.ceil(self.startup_minutes / (60 * self.period_hours))

    @property
    def cooldown_steps(self) -> int:
        """Steps between two changes, at least one."""
        return max(1, math.ceil(self.cooldown_minutes / (60 * self.period_hours)))

    def cost(self, units: int) -> Decimal:
        """What `units` cost in one period, exactly."""
        return units * self.hourly_cost * self.period_hours

    def budget(self, steps: int) -> Decimal:
        """The part of the monthly budget that falls on `steps` periods, rounded down to cents."""
        part = self.monthly_budget * steps * self.period_hours / HOURS_PER_MONTH
        return part.quantize(CENT, rounding="ROUND_DOWN")


def read_targets(path: Path) -> dict[str, Target]:
    """The targets of a TOML file, `[targets.NAME]` each, by name."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(
            f"{path}: cannot be read ({error.strerror}); give the file of targets with --targets"
        ) from error
    except ValueError as error:
        raise TargetError(f"{path}: not TOML ({error}); correct it") from error
    tables = document.get("targets")
    if not isinstance(tables, dict) or not tables:
        raise TargetError(f"{path}: no [targets.NAME] table; declare at least one target")
    return {name: target_from(name, table, str(path)) for name, table in tables.items()}


def target_from(name: str, table: Mapping[str, Any], place: str) -> Target:
    """One target from its table; `place` names the file in errors."""
    try:
        return Target.model_validate({"name": name, **table})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in problem["loc"]) or "the target"
        raise TargetError(f"{place}: target {name!r}: {field}: {problem['msg']}") from error
