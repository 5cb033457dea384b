"""The demo prints what was found: the arithmetic of that claim."""

from datetime import date
from typing import Any

from orchestration.demo.score import driven_right, score_anomalies, score_waste

SERIES = {
    "service_provider_name": "AWS",
    "sub_account_id": "1",
    "service_name": "EC2",
    "billing_currency": "USD",
}


def planted(**change: Any) -> dict[str, Any]:
    return {"id": "a1", "start": "2026-03-10", "end": "2026-03-12", **SERIES, **change}


def finding(day: int, **change: Any) -> dict[str, Any]:
    return {"finding_id": f"f{day}", "first_seen": date(2026, 3, day), **SERIES, **change}


def test_alarm_on_the_planted_day_counts_as_found_and_not_as_false() -> None:
    score = score_anomalies([planted()], [finding(10)])
    assert score.found == ("a1",)
    assert not score.false_alarms


def test_alarm_before_the_anomaly_or_elsewhere_is_a_false_alarm() -> None:
    findings = [finding(9), finding(10, finding_id="other", service_name="S3")]
    score = score_anomalies([planted()], findings)
    assert score.missed == ("a1",)
    assert score.false_alarms == ("f9", "other")


def test_two_alarms_on_one_anomaly_find_it_once() -> None:
    score = score_anomalies([planted()], [finding(10), finding(13)])
    assert score.as_dict() | {"missed": []} == {
        "planted": 1, "found": 1, "share_found": 1.0, "missed": [],
        "false_alarms": 0, "false_alarm_ids": [],
    }  # fmt: skip


def test_a_finding_is_explained_right_when_planted_cause_and_resource_come_first() -> None:
    truth = [planted(driver="new", resource_ids=["vm-1"])]

    def named(**change: Any) -> tuple[str, ...]:
        driver = {"finding_id": "f10", "driver_rank": 1, "cause": "new", "resource_id": "vm-1"}
        return driven_right(truth, [finding(10)], [driver | change])

    assert named() == ("a1",)
    assert named(resource_id="//compute/zones/z/instances/vm-1") == ("a1",)
    assert named(resource_id="other-vm-1") == ()
    assert named(resource_id=None) == ()
    assert named(cause="usage") == ()
    assert named(driver_rank=2) == ()
    assert named(finding_id="f11") == ()


def test_waste_of_another_kind_is_not_the_planted_waste() -> None:
    truth = [{"resource_id": "vol-1", "waste_kind": "unattached_volume"}]
    seen = [{"resource_id": "vol-1", "waste_kind": "idle_instance"}]
    score = score_waste(truth, seen)
    assert score.missed == ("vol-1",)
    assert score.false_alarms == ("vol-1",)


def test_a_sum_that_holds_the_planted_series_is_about_it_and_another_is_not() -> None:
    account = {"service_name": "(all)"}
    score = score_anomalies(
        [planted()],
        [finding(10, **account), finding(11, **account, sub_account_id="2")],
    )
    assert score.found == ("a1",)
    assert score.false_alarms == ("f11",)
