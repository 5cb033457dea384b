"""Forecasts made from a warehouse: each level of parts adds up to its provider, on both engines."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from orchestration.analytics.series import NONE, OTHERS
from orchestration.budgets import measured_budgets
from orchestration.defs.forecast import assets
from orchestration.defs.forecast.budgets import budget_assets
from orchestration.defs.forecast.queries import NAMED
from orchestration.resources import Tollgate
from policies.bundle import BUNDLE
from policies.deployment.budget_scopes import BudgetError
from tests.integration.dbt_builds import Installation
from tests.integration.detection_home import PROVIDERS, DetectionHome
from tests.integration.postgres_server import postgres_database


@pytest.fixture(params=["duckdb", "postgres"])
def installation(request: Any, tmp_path: Path) -> Iterator[Installation]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLGATE_HOME", str(tmp_path))
        if request.param == "duckdb":
            yield Installation(tmp_path, {})
            return
        with postgres_database() as server:
            environment = server | {"TOLLGATE_ENGINE": "postgres"}
            for name, value in environment.items():
                patch.setenv(name, value)
            yield Installation(tmp_path, environment)


def test_named_services_and_all_others_add_up_to_their_provider(
    installation: Installation,
) -> None:
    home = DetectionHome.make(installation.home, installation.environment)
    sixteen = "service_name || '-' || region_id || '-' || sub_account_id"
    home.bill("second", f"update focus.fct_focus_charges set service_name = {sixteen}")
    home.execute(
        "update marts.fct_daily_costs set sub_account_id = null where sub_account_id = 'two'"
    )
    installation.dbt("run", "--select", "int_forecasts__part_costs")
    made = dg.materialize(assets.forecast_assets(), resources={"tollgate": Tollgate()})
    assert made.success
    parts = home.warehouse.query("select * from platform.forecast_parts")
    wholes = home.warehouse.query("select * from platform.forecasts")
    assert len(wholes) == 180 * len(PROVIDERS)
    days = ["service_provider_name", "ds"]
    expected = wholes.set_index(days)["p50"].to_dict()
    for level in ("service", "account"):
        own = parts[parts["level"] == level]
        assert own.groupby(days)["p50"].sum().to_dict() == expected
    members = parts.groupby("level")["member"].unique()
    assert set(members["account"]) == {"one", NONE}
    assert len(members["service"]) == NAMED + 1
    assert OTHERS in members["service"]


def test_months_hold_what_is_known_forecast_and_due(installation: Installation) -> None:
    """120 days end on 30 April 2026; the last two of them are not complete yet."""
    home = DetectionHome.make(installation.home, installation.environment)
    names = "billing_account_id, billing_currency, charge_category, charge_frequency"
    fees = ", ".join(
        f"(timestamp '2026-{month:02}-03', '{provider}', 'Plans', '{provider} plan', {cost},"
        f" {cost}, 'payer', 'USD', 'Purchase', 'Recurring')"
        for month in range(1, 5)
        for provider, cost in (("AWS", 30), ("Quarry", 45))
    )
    home.bill(
        "second",
        "insert into focus.fct_focus_charges (charge_period_start, service_provider_name,"
        f" service_name, charge_description, billed_cost, effective_cost, {names}) values {fees}",
    )
    home.execute(
        "insert into seeds.planned_events (event_id, owner, reason, starts_on, ends_on, expires_on,"
        " direction, daily_cost, service_provider_name, billing_currency) values ('sale', 'ana',"
        " 'a sale', '2026-05-10', '2026-05-12', '2027-01-01', 'more', 1000, 'AWS', 'USD')"
    )
    installation.dbt("run", "--select", "int_forecasts__part_costs")
    assert dg.materialize(assets.forecast_assets(), resources={"tollgate": Tollgate()}).success
    installation.dbt(
        "run",
        "--select",
        "+fct_month_forecasts",
        "+fct_purchase_forecasts",
        "--exclude",
        "+int_allocation__tag_dimensions",
    )
    months: Any = home.warehouse.query(
        "select *, cast(month as text) as of from marts.fct_month_forecasts order by month"
    ).set_index(["service_provider_name", "charge_category"])
    usage = months.loc[("AWS", "Usage")]
    assert usage["of"].tolist()[:2] == ["2026-04-01", "2026-05-01"]
    april: Any = home.warehouse.query(
        "select sum(effective_cost) from marts.fct_daily_costs where service_provider_name = 'AWS'"
        " and charge_category = 'Usage' and charge_date between '2026-04-01' and '2026-04-28'"
    ).iloc[0, 0]
    assert usage["known_cost"].tolist()[:2] == [april, Decimal(0)]
    days: Any = home.warehouse.query(
        "select ds, p50 from platform.forecasts where service_provider_name = 'AWS'"
        " and ds between '2026-05-01' and '2026-05-31' order by ds"
    )["p50"]
    assert usage["p50"].iloc[1] == days.sum()
    # Both days of the campaign stand out of the days around it.
    assert (days > days.median() + 500).sum() == 2
    for provider, cost in (("AWS", 30), ("Quarry", 45)):
        bought = months.loc[(provider, "Purchase")]
        assert bought["known_cost"].tolist()[:2] == [cost, 0]
        assert bought["p50"].tolist()[:3] == [cost] * 3
    due = home.warehouse.query("select * from marts.fct_purchase_forecasts order by ds")
    assert set(due["item"]) == {"AWS plan", "Quarry plan"}
    assert set(due["cadence"]) == {"monthly"}


def scopes(folder: Path, **covers: dict[str, list[str]]) -> Path:
    """The shipped policies with budgets of 40,000 USD a month, by what they cover."""
    bundle = folder / "policies"
    shutil.copytree(BUNDLE, bundle, dirs_exist_ok=True)
    terms = {"currency": "USD", "monthly_limit": "40000.00"}
    budgets = {name: {**terms, "covers": names} for name, names in covers.items()}
    data = bundle / "finops/config/budgets/data.yaml"
    data.write_text(yaml.safe_dump({"scopes": budgets}))
    return bundle


def test_budgets_share_their_providers_forecast_and_are_the_rate_cards(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    (tmp_path / "shifted_clock").write_text(now.isoformat())
    home = DetectionHome.make(installation.home, installation.environment)
    home.execute(
        "create table marts.fct_allocated_costs as select fct_daily_costs.*, 'ana' as owner,"
        " 'shop' as product, cast(null as text) as environment from marts.fct_daily_costs"
    )
    account = {"one": {"account": ["one"]}, "two": {"account": ["two"], "owner": ["ana"]}}
    policies = scopes(tmp_path, all={}, none={"product": ["gone"]}, **account)
    monkeypatch.setenv("TOLLGATE_POLICIES", str(policies))
    installation.dbt("run", "--select", "int_forecasts__part_costs", "stg_platform__budgets")
    made = dg.materialize(
        [*assets.forecast_assets(), *budget_assets()], resources={"tollgate": Tollgate()}
    )
    assert made.success
    models = ("budgets", "budget_covers", "forecast_months")
    staged = [f"stg_platform__{name}" for name in models]
    installation.dbt(
        "run", "--select", *staged, "fct_month_forecasts", "int_budgets__costs",
        "int_budgets__daily_costs", "int_budgets__outlooks", "int_budgets__unbilled_covers",
        "fct_budgets",
    )  # fmt: skip

    rows: Any = home.warehouse.query(
        "select *, cast(charge_month as text) as month from marts.fct_budgets"
    ).set_index(["scope", "month"])
    april, may = (rows.xs(month, level="month") for month in ("2026-04-01", "2026-05-01"))
    ((spent,),) = home.warehouse.read(
        "select sum(effective_cost) from marts.fct_daily_costs where charge_date >= '2026-04-01'"
    )[1]
    assert april.loc["all", "spent_cost"] == spent == sum(april.loc[["one", "two"], "spent_cost"])
    assert april.loc["all", "forecast_cost"] >= spent
    assert may["spent_cost"].tolist() == [0] * 4
    assert set(rows.loc["none", "status"]) == {"within"}
    assert rows["unbilled_covers"].dropna().groupby("scope").count().index.tolist() == ["none"]
    expected: Any = home.warehouse.query(
        "select sum(p50) as p50, sum(p10) as p10, sum(p90) as p90 from platform.forecast_months"
        " where charge_category = 'Usage' and month = '2026-05-01'"
    ).iloc[0]
    band = may.loc["all", ["forecast_low_cost", "forecast_cost", "forecast_high_cost"]].tolist()
    assert band == [expected["p10"], expected["p50"], expected["p90"]]
    parts = may.loc[["one", "two"]]
    assert abs(sum(parts["forecast_cost"]) - expected["p50"]) < Decimal("1e-6")

    found = measured_budgets(home.warehouse, now)
    for scope, row in may.iterrows():
        budget = found.pop(str(scope))
        assert [budget.monthly_limit, budget.spent] == [40000, 0]
        assert [budget.forecast_low, budget.forecast, budget.forecast_high] == [
            row[name] for name in ("forecast_low_cost", "forecast_cost", "forecast_high_cost")
        ]
    assert not found
    scopes(tmp_path, all={"owner": ["ana"]})
    with pytest.raises(BudgetError, match=r"of \{\}, and finops.*says \{\"owner\": \[\"ana\"\]\}"):
        measured_budgets(home.warehouse, now)
    scopes(tmp_path, new={})
    with pytest.raises(BudgetError, match=r"'new' in USD is not in marts\.fct_budgets"):
        measured_budgets(home.warehouse, now)
