"""Synthetic bills: quiet series with a weekday profile, to which tests add what they promise on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.analytics.money import to_money

# pandas-stubs reject arithmetic on a .loc selection, so frames are Any in these tests.
Frame = Any
Make = Callable[..., Frame]


def quiet(
    series_id: str = "s",
    *,
    days: int = 300,
    level: float = 100.0,
    noise: float = 0.02,
    seed: int = 1,
) -> Frame:
    """A series at `level` with cheaper weekends and a little noise, from 2025-01-01."""
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2025-01-01", periods=days, freq="D")
    weekend = np.where(ds.day_of_week >= 5, 0.7, 1.0)
    y = level * weekend * (1 + noise * rng.standard_normal(days))
    y = np.maximum(y, 0.0)
    cost = pd.Series([to_money(value) for value in y.tolist()], dtype=object)
    return pd.DataFrame({"series_id": series_id, "ds": ds, "cost": cost, "y": y})


@pytest.fixture
def make() -> Make:
    return quiet
