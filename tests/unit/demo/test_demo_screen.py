"""The demo's page says what its figures are of."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from orchestration.demo import screen
from orchestration.settings import Settings


def shown(part: Any) -> str:
    said = io.StringIO()
    Console(file=said, width=140).print(part)
    return " ".join(said.getvalue().split())


def forecast(provider: str) -> dict[str, Any]:
    return {
        "service_provider_name": provider,
        "billing_currency": "USD",
        "charge_category": "Usage",
        "cost_basis": "Effective",
        "month": "2026-07-01",
        "model": "seasonal_naive",
        "known_cost": "2004.15",
        "p50": "19004.89",
        "p10": "17758.94",
        "p90": "21791.05",
        "cost_before": "17518.67",
    }


def report(*forecasts: dict[str, Any], billed: tuple[str, ...] = ("AWS",)) -> dict[str, Any]:
    costs = [{"service_provider_name": name} for name in billed]
    return {"forecasts": forecasts, "forecast_accuracy": [], "costs": costs}


def test_forecast_says_what_it_is_of_and_shows_the_month_before_it() -> None:
    said = shown(screen._forecasts(report(forecast("AWS"))))
    assert "AWS usage, effective 2026-07 17,518.67 USD 2,004.15 USD 19,004.89 USD" in said
    assert "17,758.94 … 21,791.05 USD" in said
    assert "usage and purchases are never added" in said


def test_purchase_is_forecast_by_schedule_without_a_band() -> None:
    purchase = forecast("AWS") | {
        "charge_category": "Purchase",
        "cost_basis": "Billed",
        "model": None,
        "p10": None,
        "p90": None,
        "cost_before": None,
    }
    said = shown(screen._forecasts(report(purchase)))
    assert "AWS purchase, billed 2026-07 2,004.15 USD 19,004.89 USD by schedule" in said


def test_provider_without_a_forecast_is_named() -> None:
    said = shown(screen._forecasts(report(forecast("AWS"), billed=("AWS", "Fabrikam", "AWS"))))
    assert "Nothing to forecast: Fabrikam." in said


def test_every_provider_forecast_leaves_nobody_out() -> None:
    assert "Nothing to forecast" not in shown(screen._forecasts(report(forecast("AWS"))))


def test_page_ends_with_where_the_marts_of_its_engine_are(tmp_path: Path) -> None:
    on_duckdb = shown(screen._next(Settings(tmp_path)))
    on_postgres = shown(screen._next(Settings(tmp_path, "postgres")))
    assert "warehouse.duckdb" in on_duckdb
    assert "warehouse.duckdb" not in on_postgres
    assert "TOLLGATE_PG_DATABASE" in on_postgres
