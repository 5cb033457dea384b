"""The demo's page says what its figures are of."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from orchestration.demo import screen


def shown(part: Any) -> str:
    said = io.StringIO()
    Console(file=said, width=140).print(part)
    return " ".join(said.getvalue().split())


def forecast(provider: str) -> dict[str, Any]:
    return {
        "service_provider_name": provider,
        "billing_currency": "USD",
        "horizon_days": 30,
        "model": "seasonal_naive",
        "p50": "19004.89",
        "p10": "17758.94",
        "p90": "21791.05",
        "effective_cost_before": "17518.67",
    }


def test_forecast_says_that_it_is_of_usage_and_shows_the_usage_before_it() -> None:
    costs = [{"service_provider_name": name} for name in ("AWS", "Fabrikam", "AWS")]
    said = shown(
        screen._forecasts(
            {"forecasts": [forecast("AWS")], "forecast_accuracy": [], "costs": costs},
        )
    )
    assert "AWS 30 17,518.67 USD 19,004.89 USD" in said
    assert "Usage only, at effective cost, unlike the months above" in said
    assert "No usage to forecast: Fabrikam." in said


def test_every_provider_forecast_leaves_nobody_out() -> None:
    costs = [{"service_provider_name": "AWS"}]
    said = shown(
        screen._forecasts(
            {"forecasts": [forecast("AWS")], "forecast_accuracy": [], "costs": costs},
        )
    )
    assert "No usage" not in said
