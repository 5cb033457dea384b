"""On real traces, planned capacity is cheaper than static or reactive that serves as well."""

from typing import Any

import pytest

from tests.bench.capacity import SAMPLE, simulate


@pytest.fixture(scope="module")
def outcome() -> Any:
    """Mean cost and unmet share by way."""
    found = simulate(SAMPLE, days=4)
    return found.groupby("way")[["cost", "unmet"]].mean()


@pytest.mark.parametrize("way", ["planned", "planned, reactive above"])
def test_planned_capacity_costs_less_than_what_serves_as_well(outcome: Any, way: str) -> None:
    for other in (f"static as good as {way}", f"reactive as good as {way}"):
        assert outcome.loc[way, "cost"] < outcome.loc[other, "cost"], other
    assert outcome.loc[way, "cost"] < outcome.loc["static at the past peak", "cost"]
    assert outcome.loc[way, "unmet"] < outcome.loc["reactive", "unmet"]
