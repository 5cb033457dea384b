"""Detection judges what has changed, and finds what judging everything finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from orchestration.analytics import judged
from orchestration.defs.detect.detection import Detection
from tests.integration.detection_home import PROVIDERS, SERVICES, TODAY, DetectionHome
from tests.integration.postgres_server import postgres_database

TABLES = ("anomalies", "anomaly_drivers", "detection_budgets", "judged_series")


@pytest.fixture(params=["duckdb", "postgres"])
def home(request: Any, tmp_path: Path) -> Iterator[DetectionHome]:
    if request.param == "duckdb":
        yield DetectionHome.make(tmp_path, {})
        return
    with postgres_database() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.items():
            patch.setenv(name, value)
        yield DetectionHome.make(tmp_path, server | {"TOLLGATE_ENGINE": "postgres"})


def kept(home: DetectionHome, detection: Detection) -> dict[str, pd.DataFrame]:
    """The tables that a detection leaves."""
    detection.keep(home.warehouse)
    return {name: home.warehouse.query(f"select * from platform.{name}") for name in TABLES}


def step(home: DetectionHome) -> set[str]:
    """The series that are judged after a change, once that is seen to find what all would."""
    changed = home.detect()
    incremental = kept(home, changed)
    whole = kept(home, home.detect(everything=True))
    for name in TABLES:
        assert_frame_equal(incremental[name], whole[name], obj=name)
    return set(changed.series["series_id"])


def series(service: str, provider: str = "AWS", account: str = "one") -> str:
    return f"{provider}/{account}/{service}/USD"


def everything(*providers: str) -> set[str]:
    accounts = ("one", "two")
    return {series(s, p, a) for s in SERVICES for p in providers or PROVIDERS for a in accounts}


def test_what_changed_is_judged_and_all_else_keeps_its_findings(home: DetectionHome) -> None:
    home.bill("incident", home.charged("Compute", 20, 3))
    assert step(home) == everything()
    assert step(home) == set()
    (first,) = home.detect().findings.to_dict("records")
    assert "Compute-" in first["why"]

    home.bill("restated", home.charged("Queue", 9, 4))
    assert step(home) == {series("Queue")}
    assert len(home.detect().findings) == 2

    same = "update focus.fct_focus_charges set resource_id = 'moved' where service_name = 'Compute'"
    home.bill("renamed", same)
    assert step(home) == set(), "the same costs: only what drove them is looked at again"
    assert {"moved"} == set(home.detect().drivers.query("cause == 'usage' or cause == 'price'")[
        "resource_id"]) - {"Queue-east", "Queue-west"}  # fmt: skip

    gone = "delete from focus.fct_focus_charges where service_name = 'Queue'"
    home.bill("withdrawn", gone)
    assert step(home) == set()
    assert home.detect().findings["service_name"].tolist() == ["Compute"]

    home.execute(
        "insert into seeds.planned_events (event_id, owner, reason, starts_on, ends_on, "
        "expires_on, service_name) values ('load', 'ana', 'test', "
        f"date '{TODAY - timedelta(days=30)}', date '{TODAY}', date '{TODAY + timedelta(9)}', "
        "'Compute')"
    )
    assert step(home) == {series("Compute", p, a) for p in PROVIDERS for a in ("one", "two")}
    assert home.detect().findings.empty

    home.today += timedelta(days=1)
    assert step(home) == everything() - {
        series("Queue", p, a) for p in PROVIDERS for a in ("one", "two")
    }


def test_a_provider_judged_more_strictly_is_judged_again(home: DetectionHome) -> None:
    home.bill("incident", home.charged("Compute", 20, 3))
    step(home)
    word = {
        "kind": "level_shift", "first_seen": TODAY - timedelta(days=40), "verdict": "false",
        "reason": "no", "detectors": "weekday", "until": None, "given_at": TODAY,
    }  # fmt: skip
    home.words = [
        word | {"seq": n, "finding_id": str(n), "series_id": series("Search")} for n in range(9)
    ]
    assert step(home) == everything("AWS")


def test_a_day_that_arrives_otherwise_is_judged_again(home: DetectionHome) -> None:
    step(home)
    home.execute(
        "insert into marts.fct_cost_arrivals select service_provider_name, 'focus', 'a', "
        "service_name, billing_currency, charge_date, charge_date + age, age, "
        "effective_cost * case age when 1 then 0.7 else 1 end from marts.fct_daily_costs, "
        "(values (1), (2), (11)) as ages (age) where service_provider_name = 'Beacon' and "
        f"sub_account_id = 'one' and region_id = 'east' and charge_date + age <= date '{TODAY}'"
    )
    assert step(home) == everything("Beacon")


def test_all_are_judged_where_anything_is_in_doubt(
    home: DetectionHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.bill("incident", home.charged("Compute", 20, 3))
    found = kept(home, home.detect())
    home.execute("delete from platform.anomalies")
    assert set(home.detect().series["series_id"]) == {series("Compute")}
    assert_frame_equal(kept(home, home.detect())["anomalies"], found["anomalies"])
    home.execute("delete from platform.judged_series")
    assert set(home.detect().series["series_id"]) == everything()
    assert home.detect().judged_now == len(everything())
    kept(home, home.detect())
    assert home.detect().judged_now == 0
    monkeypatch.setattr(judged, "detection_version", lambda: "another")
    assert home.detect().judged_now == len(everything())


@pytest.mark.parametrize("seed", range(2))
def test_any_run_of_changes_leaves_what_one_detection_of_all_finds(
    seed: int, tmp_path: Path
) -> None:
    home = DetectionHome.make(tmp_path, {})
    chance = np.random.default_rng(seed)
    step(home)
    for n in range(6):
        service, provider = str(chance.choice(SERVICES)), str(chance.choice(PROVIDERS))
        factor = float(chance.choice([0.2, 2, 5]))
        home.bill(
            f"landing {n}", home.charged(service, int(chance.integers(1, 40)), factor, provider)
        )
        assert step(home) == {series(service, provider)}
    assert not home.detect().findings.empty
