"""The code location that Dagster loads: everything under `defs/`, put together when asked for."""

from __future__ import annotations

import dagster as dg

from orchestration.assemble import assemble
from orchestration.settings import load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors of this installation."""
    return assemble(load_settings())
