"""Forecasts made from a warehouse: each level of parts adds up to its provider, on both engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.analytics.series import NONE, OTHERS
from orchestration.defs.forecast import assets
from orchestration.resources import Tollgate
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
    assert len(members["service"]) == assets.NAMED + 1
    assert OTHERS in members["service"]
