"""Detection judges what has changed, and finds what judging everything finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from orchestration.analytics import judged
from orchestration.defs.detect.detection import Detection
from orchestration.defs.detect.inputs import HISTORY_DAYS, daily_costs, inputs
from tests.integration.detection_home import DAYS, PROVIDERS, SERVICES, TODAY, DetectionHome
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
    with home.warehouse.opened():
        return {
            name: home.warehouse.query(f"select * from platform.{name} order by 1, 2")
            for name in TABLES
        }


def step(home: DetectionHome) -> set[str]:
    """The series that are judged after a change, once that is seen to find what all would."""
    changed = home.detect()
    incremental = kept(home, changed)
    whole = kept(home, home.detect(everything=True))
    for name in TABLES:
        assert_frame_equal(incremental[name], whole[name], obj=name)
    return set(changed.series["series_id"])


def alone(home: DetectionHome) -> pd.DataFrame:
    """The findings that no other tells."""
    found = home.detect().findings
    return found[found["parent_finding_id"].isna()]


def series(service: str, provider: str = "AWS", account: str = "one") -> str:
    return f"{provider}/{account}/{service}/USD"


def with_sums(names: set[str]) -> set[str]:
    """These series, and the accounts, providers, regions and owners that they are part of."""
    out = set(names)
    for name in names:
        provider, account, service, _ = name.split("/")
        whole = f"{provider}/(all)/(all)/USD"
        out |= {f"{provider}/{account}/(all)/USD", whole}
        out |= {f"{whole}/region=east", f"{whole}/region=west"}
        out |= {f"{whole}/owner=ana"} if service == "Search" else set()
    return out


def everything(*providers: str) -> set[str]:
    return with_sums(
        {series(s, p, a) for s in SERVICES for p in providers or PROVIDERS for a in ("one", "two")}
    )


def test_what_changed_is_judged_and_all_else_keeps_its_findings(home: DetectionHome) -> None:
    home.bill("incident", home.charged("Compute", 20, 3))
    assert step(home) == everything()
    assert step(home) == set()
    (first,) = alone(home).to_dict("records")
    assert "Compute-" in first["why"]

    home.bill("restated", home.charged("Queue", 9, 4))
    assert step(home) == with_sums({series("Queue")})
    assert len(alone(home)) == 2

    same = "update focus.fct_focus_charges set resource_id = 'moved' where service_name = 'Compute'"
    home.bill("renamed", same)
    assert step(home) == set(), "the same costs: only what drove them is looked at again"
    assert {"moved"} == set(home.detect().drivers.query("cause == 'usage' or cause == 'price'")[
        "resource_id"]) - {"Queue-east", "Queue-west"}  # fmt: skip

    gone = "delete from focus.fct_focus_charges where service_name = 'Queue'"
    home.bill("withdrawn", gone)
    sums = with_sums({series("Queue", p, a) for p in PROVIDERS for a in ("one", "two")})
    assert step(home) == {name for name in sums if "Queue" not in name}
    assert alone(home)["service_name"].tolist()[0] == "Compute"

    home.execute(
        "insert into seeds.planned_events (event_id, owner, reason, starts_on, ends_on, "
        "expires_on, service_name) values ('load', 'ana', 'test', "
        f"date '{TODAY - timedelta(days=30)}', date '{TODAY}', date '{TODAY + timedelta(9)}', "
        "'Compute')"
    )
    computing = {series("Compute", p, a) for p in PROVIDERS for a in ("one", "two")}
    owners = {f"{p}/(all)/(all)/USD/owner=ana" for p in PROVIDERS}
    assert step(home) == with_sums(computing) | owners
    assert "Compute" not in set(home.detect().findings["service_name"])

    home.today += timedelta(days=1)
    assert step(home) == {name for name in everything() if "Queue" not in name}


def test_a_renamed_service_is_one_finding_that_says_from_where(home: DetectionHome) -> None:
    since = home.today - timedelta(days=20)
    home.bill(
        "renamed",
        "update focus.fct_focus_charges set service_name = 'Finder' where service_name = 'Search' "
        "and sub_account_id = 'one' and service_provider_name = 'AWS' "
        f"and charge_period_start >= timestamp '{since}'",
    )
    for _ in range(2):
        step(home)
        (told,) = alone(home).to_dict("records")
        assert (told["service_name"], told["kind"]) == ("Finder", "new_spend")
        assert told["why"].count("It seems to have moved from Search in account one (AWS)") == 1


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
    assert set(home.detect().series["series_id"]) == set(found["anomalies"]["series_id"])
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
    for n in range(4):
        service, provider = str(chance.choice(SERVICES)), str(chance.choice(PROVIDERS))
        factor = float(chance.choice([0.2, 2, 5]))
        home.bill(
            f"landing {n}", home.charged(service, int(chance.integers(1, 40)), factor, provider)
        )
        assert step(home) == with_sums({series(service, provider)})
    assert not alone(home).empty


def test_what_moves_all_services_a_little_is_told_of_their_sum(tmp_path: Path) -> None:
    home = DetectionHome.make(tmp_path, {})
    step(home)
    # Each service by a noise of its own, up to a quarter either way.
    home.bill(
        "noise",
        "update focus.fct_focus_charges set effective_cost = effective_cost * (0.75 + 0.005 * "
        "cast(md5_number_lower(charge_period_start || service_name || sub_account_id) % 101 "
        "as integer))",
    )
    step(home)
    quiet = alone(home)
    more = "; ".join(
        home.charged(service, 12, 1.35).replace("sub_account_id = 'one' and", "")
        for service in SERVICES
    )
    home.bill("dearer", more)
    step(home)
    told = alone(home)
    told = told[~told["finding_id"].isin(quiet["finding_id"])]
    assert set(told["level"]) == {"account"}, "their provider and regions are told by them"
    detection = home.detect()
    (whole,) = detection.findings.loc[
        detection.findings["level"] == "provider", "parent_finding_id"
    ]
    assert whole in set(told["finding_id"])
    for name in told["finding_id"]:
        drivers = detection.drivers[detection.drivers["finding_id"] == name]
        assert drivers["change_cost"].sum() == drivers["finding_change_cost"].iloc[0] > 0


def test_a_long_history_loses_its_oldest_days_by_whole_weeks(home: DetectionHome) -> None:
    """What is measured once in a week of a series is measured on the same day every evening."""

    def billed(*days: int) -> str:
        rows = (f"('{TODAY + timedelta(days=n)}', 'Old', 'VM', 'Usage', 'USD', 1)" for n in days)
        return (
            "insert into marts.fct_daily_costs (charge_date, service_provider_name, service_name, "
            f"charge_category, billing_currency, effective_cost) values {', '.join(rows)}"
        )

    home.execute(billed(*range(-HISTORY_DAYS - 9, 0)))
    kept = []
    for evening in range(8):
        home.execute(billed(evening))
        old = inputs(home.warehouse).query("service_provider_name == 'Old'")
        days = pd.to_datetime(daily_costs(home.warehouse, old)["charge_date"])
        kept.append((pd.Timestamp(TODAY) - days.min()).days)
    assert {n % 7 for n in kept} == {(HISTORY_DAYS + 9) % 7}, "counted from the first bill"
    lengths = [n + evening + 1 for evening, n in enumerate(kept)]
    assert HISTORY_DAYS <= min(lengths) <= max(lengths) < HISTORY_DAYS + 7


def test_a_sum_is_the_sum_of_its_services_to_the_last_decimal(tmp_path: Path) -> None:
    home = DetectionHome.make(tmp_path, {})
    days = daily_costs(home.warehouse, inputs(home.warehouse))
    by_level = days.groupby(["level", "charge_date", "service_provider_name"])["effective_cost"]
    wide = by_level.sum().unstack("level")
    for level in ("account", "region", "provider"):
        assert (wide[level] == wide["service"]).all(), level
    searched = days[days["service_name"] == "Search"]
    owned = searched.groupby(["charge_date", "service_provider_name"])["effective_cost"].sum()
    assert (wide["owner"] == owned).all()


def test_a_large_purchase_is_told_until_somebody_says_that_it_is_known(home: DetectionHome) -> None:
    def buy(service: str, ago: int, cost: int) -> str:
        return (
            "insert into focus.fct_focus_charges (charge_period_start, service_provider_name, "
            "billing_account_id, sub_account_id, service_name, billing_currency, charge_category, "
            f"effective_cost, billed_cost) values ('{TODAY - timedelta(days=ago)}', 'AWS', "
            f"'payer', 'one', '{service}', 'USD', 'Purchase', 0, {cost})"
        )

    fees = [buy("Support", ago, 4_000) for ago in (70, 40, 10)]
    early, contract = buy("Training", 100, 9_000), buy("Support", 5, 25_000)
    home.bill("bought", ";".join([*fees, early, contract]))
    assert step(home) == everything()
    told = home.detect().findings.sort_values("first_seen").to_dict("records")
    assert [(row["kind"], row["actual_cost"], row["expected_cost"]) for row in told] == [
        ("purchase", Decimal(4_000), Decimal(0)),
        ("purchase", Decimal(25_000), Decimal(4_000)),
    ]

    said = {key: told[1][key] for key in ("finding_id", "series_id", "kind", "first_seen")}
    said |= {"detectors": "purchase", "verdict": "planned", "reason": "signed", "seq": 1}
    home.words = [said | {"until": TODAY + timedelta(days=30), "given_at": TODAY}]
    found = home.detect().findings
    assert found.loc[found["suppressed_by"].isna(), "actual_cost"].tolist() == [Decimal(4_000)]


def test_a_credit_that_ran_out_is_told_and_one_that_another_replaced_is_not(
    home: DetectionHome,
) -> None:
    def credit(name: str, service: str, first: int, last: int) -> str:
        return (
            "insert into focus.fct_focus_charges (charge_period_start, service_provider_name, "
            "billing_account_id, sub_account_id, service_name, billing_currency, charge_category, "
            "charge_description, effective_cost, billed_cost) select charge_date, "
            f"service_provider_name, 'payer', sub_account_id, service_name, 'USD', 'Credit', "
            f"'{name}', -40, -40 from marts.fct_daily_costs where service_provider_name = 'AWS' "
            f"and service_name = '{service}' and region_id = 'east' and charge_category = 'Usage' "
            f"and charge_date between date '{TODAY - timedelta(days=first)}' "
            f"and date '{TODAY - timedelta(days=last)}'"
        )

    programmes = [credit("first", "Queue", 110, 31), credit("second", "Queue", 30, 0)]
    home.bill("credited", ";".join([credit("founders", "Storage", 110, 20), *programmes]))
    assert step(home) == everything()
    (told,) = home.detect().findings.to_dict("records")
    assert (told["kind"], told["first_seen"]) == ("credit_ended", TODAY - timedelta(days=19))
    assert (told["service_name"], told["sub_account_id"]) == ("Storage", "(all)")
    assert told["monthly_cost"] == Decimal(80) * Decimal("30.4375")
    assert "'founders' took $2,435.00 a month off Storage (AWS); none since" in told["why"]


def test_a_restated_month_is_told_once_by_its_restatement(home: DetectionHome) -> None:
    """Its days rise where it begins and fall where it ends; what else happened is told as ever."""
    march = "charge_period_start >= timestamp '2026-03-01' and charge_period_start < "
    march += "timestamp '2026-04-01' and service_provider_name = 'AWS' and sub_account_id = 'one'"
    state = (
        "insert into intermediate.int_ledger__reported_costs select '{0}', 'focus', 'all', "
        "service_provider_name, billing_account_id, billing_currency, charge_category, "
        "service_name, charge_date, sum(effective_cost) from marts.fct_daily_costs where "
        "charge_date between date '2026-03-01' and date '2026-03-31' group by 1, 2, 3, 4, 5, 6, "
        "7, 8, 9"
    )
    home.bill("march", home.charged("Queue", 10, 3))
    home.execute(state.format("before"))
    raised = f"update focus.fct_focus_charges set effective_cost = effective_cost * 2 where {march}"
    home.bill("restated", f"{raised} and service_name = 'Compute'")
    home.execute(state.format("after"))
    assert {row["service_name"] for row in alone(home).to_dict("records")} == {"Queue", "Compute"}

    home.execute(
        "insert into intermediate.int_ledger__reported_states values "
        "('before', 'focus', 'all', '2026-03', '2026-04-01', '2026-04-20'), "
        "('after', 'focus', 'all', '2026-03', '2026-04-20', null); "
        "insert into marts.fct_billing_period_restatements values ('focus', 'all', '2026-03', 2, "
        "'payer', 'one', 'USD', 'effective_cost', 4000, '2026-04-20', true, 'of the month')"
    )
    step(home)
    assert {row["service_name"] for row in alone(home).to_dict("records")} == {"Queue"}
    findings = home.detect().findings
    restated = findings[findings["service_name"] == "Compute"]
    assert set(restated["impact_cost"] > 0) == {True, False}, "the rise, and the way back"
    assert set(restated["parent_finding_id"]) == {"of the month"}
    assert restated["why"].str.endswith("this is what that changed.").all()


@pytest.mark.parametrize("home", ["postgres"], indirect=True)
def test_postgres_reads_the_series_at_once_before_it_has_statistics(
    home: DetectionHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1s")  # it takes a twentieth of that
    found = inputs(home.warehouse)
    assert set(found["series_id"]) == everything()
    assert len(daily_costs(home.warehouse, found)) == len(found) * DAYS
