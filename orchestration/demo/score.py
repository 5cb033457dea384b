"""Holds what was found against what the generator planted: shares found, and false alarms.

The truth file is never read by anything that detects; only this module and the tests open it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from orchestration.analytics.series import ALL

# A level shift near the noise may take days to be sure of; a later alarm is another incident's.
DETECTION_WINDOW = timedelta(days=14)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Score:
    """Planted against found, by id."""

    planted: tuple[str, ...]
    found: tuple[str, ...]
    false_alarms: tuple[str, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """Planted, and not found."""
        return tuple(sorted(set(self.planted) - set(self.found)))

    @property
    def share_found(self) -> float:
        """Between 0 and 1; 1 where nothing was planted."""
        return len(self.found) / len(self.planted) if self.planted else 1.0

    def as_dict(self) -> dict[str, Any]:
        """For `report.json`."""
        return {
            "planted": len(self.planted),
            "found": len(self.found),
            "share_found": round(self.share_found, 4),
            "missed": list(self.missed),
            "false_alarms": len(self.false_alarms),
            "false_alarm_ids": list(self.false_alarms),
        }


def score_anomalies(planted: Sequence[Row], findings: Iterable[Row]) -> Score:
    """A planted anomaly is found when a finding of its series begins inside its window.

    `planted`: the truth file's anomalies; `findings`: rows of `marts.fct_findings`.
    """
    found: set[str] = set()
    false_alarms: list[str] = []
    for finding in findings:
        hits = [anomaly["id"] for anomaly in planted if _is_about(anomaly, finding)]
        found.update(hits)
        if not hits:
            false_alarms.append(finding["finding_id"])
    return Score(
        planted=tuple(anomaly["id"] for anomaly in planted),
        found=tuple(sorted(found)),
        false_alarms=tuple(sorted(false_alarms)),
    )


def driven_right(
    planted: Sequence[Row], findings: Iterable[Row], drivers: Iterable[Row]
) -> tuple[str, ...]:
    """Planted anomalies that were found with the planted cause and resource named first.

    `drivers`: rows of `marts.fct_anomaly_drivers`.
    """
    first = {row["finding_id"]: row for row in drivers if row["driver_rank"] == 1}
    right: set[str] = set()
    for finding in findings:
        named = first.get(finding["finding_id"])
        right.update(
            anomaly["id"]
            for anomaly in planted
            if named is not None
            and _is_about(anomaly, finding)
            and named["cause"] == anomaly["driver"]
            and _ends_with_one_of(named["resource_id"], anomaly["resource_ids"])
        )
    return tuple(sorted(right))


def _ends_with_one_of(resource: str | None, names: Iterable[str]) -> bool:
    """Some bills write full resource names where the generator knows the last part."""
    return any(resource == name or str(resource).endswith(f"/{name}") for name in names)


def _is_about(anomaly: Row, finding: Row) -> bool:
    # A sum of series holds the planted one.
    same_series = all(
        finding[key] in (anomaly[key], ALL)
        for key in ("service_provider_name", "sub_account_id", "service_name", "billing_currency")
    )
    start = date.fromisoformat(anomaly["start"])
    end = date.fromisoformat(anomaly["end"]) if anomaly.get("end") else None
    # The end of a shift or spike is a change of its own: the way back is part of the same truth.
    latest = (end or start) + DETECTION_WINDOW
    return same_series and start <= finding["first_seen"] <= latest


def score_waste(planted: Sequence[Row], candidates: Iterable[Row]) -> Score:
    """Planted waste is found when its resource is a candidate of the same kind."""
    truth = {(waste["resource_id"], waste["waste_kind"]) for waste in planted}
    seen = {(row["resource_id"], row["waste_kind"]) for row in candidates}
    return Score(
        planted=tuple(sorted(resource for resource, _ in truth)),
        found=tuple(sorted(resource for resource, _ in truth & seen)),
        false_alarms=tuple(sorted(resource for resource, _ in seen - truth)),
    )
