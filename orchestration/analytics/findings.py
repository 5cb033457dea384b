"""From flagged days to findings: one row of platform.anomalies per incident.

An incident begins with its first alarm and lasts while the cost stays away from what it would
have been. Later alarms inside it belong to it. A new level that nobody undid is taken as the
new normal after `ACCEPTED_AFTER` days: the finding closes, its impact stops growing. What moves the
same way again within `REOPENS_WITHIN` days of its end is the same incident, reopened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from orchestration.analytics.detectors.grid import Bools, Floats
from orchestration.analytics.money import about_a_dollar, to_money
from orchestration.analytics.series import ALL, FINEST

COLUMNS = [
    "finding_id",
    "series_id",
    "service_provider_name",
    "sub_account_id",
    "service_name",
    "billing_currency",
    "kind",
    "first_seen",
    "last_seen",
    "status",
    "state",
    "detected_on",
    "delay_days",
    "reopened",
    "expected_cost",
    "actual_cost",
    "impact_cost",
    "monthly_cost",
    "score",
    "detectors",
    "why",
    "drivers",
    "suppressed_by",
    "parent_finding_id",
    "arrived_share",
    "as_of",
    "level",
    "member",
]

ACCEPTED_AFTER = 28
# An incident is over after this many ordinary days in a row; a weekend does not end it.
CALM_DAYS = 3
# An incident is told once, on its first clear day; what then stays for a week is a level.
A_WEEK = 6
# A fortnight: a job that fails every week is one incident, not a new one each time.
REOPENS_WITHIN = 14
# What an open incident costs a month is told from its last days, in months of mean length.
RECENT_DAYS = 7
DAYS_A_MONTH = Decimal("30.4375")
# A day belongs to the incident while this share of its usual deviation remains.
STILL_AWAY = 0.4
# Findings that cost (or saved) less than about so many dollars in total are noise to a reader.
LEAST_IMPACT = Decimal(1)
REFERENCE_WEEKS = 4
# A day of the month that differed this much, twice, has a fee.
FEE_SHARE = 0.2


@dataclass(frozen=True)
class Incident:
    """Columns `first`…`last` of one series, and what the days would have cost."""

    kind: str
    first_kind: str
    first: int
    last: int
    open: bool
    expected: Floats
    score: float
    detectors: str
    alarm: int
    """The day of its first alarm, which may be later than its first day."""
    reopened: int = 0

    @property
    def days(self) -> int:
        """From the first to the last day, quiet ones between included."""
        return self.last - self.first + 1


def to_findings(
    flags: pd.DataFrame,
    series: pd.DataFrame,
    as_of: date,
    least_impact: Decimal = LEAST_IMPACT,
) -> pd.DataFrame:
    """Fold the output of `detect` over `series` (from `build_series`) into findings.

    The largest impact comes first. `finding_id` depends on the series, the first alarm's kind and
    the first day only, so it stays the same while the incident grows. Where `series` is matured
    (`share`), a day of which a part has arrived is expected to have cost that part so far. `why`
    is missing: `in_words` says it once the drivers are known.
    """
    rows = []
    flagged = flags[flags["flag"]]["series_id"].unique()
    by_series = dict(list(series[series["series_id"].isin(flagged)].groupby("series_id")))
    for series_id, judged in flags[flags["series_id"].isin(flagged)].groupby("series_id"):
        history = by_series[series_id]
        for incident in incidents(judged, history["y"].to_numpy(dtype=np.float64)):
            row = _row(incident, history, as_of)
            if abs(row["impact_cost"]) >= least_impact * about_a_dollar(row["billing_currency"]):
                rows.append(row)
    return largest_first(pd.DataFrame(rows, columns=COLUMNS))


def largest_first(findings: pd.DataFrame) -> pd.DataFrame:
    """The findings by impact, whichever its direction; the order in which they are told."""
    sized = findings.assign(_size=findings["impact_cost"].map(abs)).sort_values(
        ["_size", "finding_id"], ascending=[False, True], ignore_index=True
    )
    return sized[COLUMNS]


def incidents(judged: pd.DataFrame, y: Floats) -> list[Incident]:
    """The incidents of one series, in order of time."""
    flag = judged["flag"].to_numpy(dtype=bool)
    kind = judged["kind"].to_numpy(dtype=object)
    score = judged["score"].to_numpy(dtype=np.float64)
    names = judged["detectors"].to_numpy(dtype=object)
    onset = judged["onset"].to_numpy().astype("datetime64[D]")
    start = judged["ds"].to_numpy().astype("datetime64[D]")[0]
    days = pd.DatetimeIndex(judged["ds"])
    found: list[Incident] = []
    free = 0
    for alarm in np.flatnonzero(flag):
        if alarm < free:
            continue
        begun = max(int((onset[alarm] - start).astype(int)), free)
        reference = _reference(days, y, begun)
        last, is_open = _extent(y - reference, begun, int(alarm), flag)
        inside = np.arange(alarm, last + 1)[flag[alarm : last + 1]]
        expected, cost = reference[begun : last + 1], y[begun : last + 1]
        found.append(
            Incident(
                kind=_kind(
                    str(kind[alarm]),
                    [str(k) for k in kind[inside]],
                    last - begun,
                    known=abs(float(expected.sum())) > FEE_SHARE * abs(float(cost.sum())),
                ),
                first_kind=str(kind[alarm]),
                first=begun,
                last=last,
                open=is_open,
                expected=expected,
                score=float(score[inside].max()),
                detectors=_together(names[inside]),
                alarm=int(alarm),
            )
        )
        free = last + 1
    return _reopened(found, y)


def _together(names: Iterable[str]) -> str:
    return ",".join(sorted({name for some in names for name in some.split(",")}))


def _reopened(found: list[Incident], y: Floats) -> list[Incident]:
    """Incidents that come back soon, in the same direction, are one; days between count nothing."""
    folded: list[Incident] = []
    for incident in found:
        before = folded[-1] if folded else None
        if before is None or not _comes_back(before, incident, y):
            folded.append(incident)
            continue
        quiet = y[before.last + 1 : incident.first]
        folded[-1] = replace(
            before,
            kind="level_shift" if incident.kind == "level_shift" else before.kind,
            last=incident.last,
            open=incident.open,
            expected=np.concatenate([before.expected, quiet, incident.expected]),
            score=max(before.score, incident.score),
            detectors=_together([before.detectors, incident.detectors]),
            reopened=before.reopened + 1,
        )
    return folded


def _comes_back(before: Incident, incident: Incident, y: Floats) -> bool:
    if incident.first - before.last > REOPENS_WITHIN or before.days >= ACCEPTED_AFTER:
        return False
    impacts = [
        float((y[one.first : one.last + 1] - one.expected).sum()) for one in (before, incident)
    ]
    return impacts[0] * impacts[1] > 0


def _kind(first: str, kinds: list[str], days: int, *, known: bool) -> str:
    """A spike that stays is a level shift; new spend and drops keep their name.

    What its months before have `known` is not new, however silent the weeks between were.
    """
    if first == "new_spend" and known:
        first = "spike"
    if first == "spike" and days >= (CALM_DAYS if "level_shift" in kinds else A_WEEK):
        return "level_shift"
    if first == "level_shift" and days < CALM_DAYS:
        return "spike"
    return first


def _reference(days: pd.DatetimeIndex, y: Floats, begun: int) -> Floats:
    """What each day would have cost: its weekday in the weeks before, and its month's fees."""
    reference = np.zeros_like(y)
    # An incident ends at the latest this many days after it began.
    for day in range(begun, min(len(y), begun + ACCEPTED_AFTER + CALM_DAYS)):
        usual = _same_weekday(y, begun + (day - begun) % 7)
        reference[day] = usual + _recurring_extra(y, days, day, begun)
    return reference


def _same_weekday(y: Floats, day: int) -> float:
    past = [y[day - 7 * k] for k in range(1, REFERENCE_WEEKS + 1) if day >= 7 * k]
    return float(np.median(past)) if past else float("nan")


def _recurring_extra(y: Floats, days: pd.DatetimeIndex, day: int, begun: int) -> float:
    """What the two months before added on this day of the month: a fee, or nothing."""
    extras = []
    for months in (1, 2):
        column = day - (days[day] - (days[day] - pd.DateOffset(months=months))).days
        usual = _same_weekday(y, column) if 0 <= column < begun else float("nan")
        if not np.isfinite(usual) or abs(y[column] - usual) < FEE_SHARE * abs(usual):
            return 0.0
        extras.append(float(y[column]) - usual)
    same_sign = extras[0] * extras[1] > 0
    return min(extras, key=abs) if same_sign else 0.0


def _extent(deviation: Floats, begun: int, alarm: int, flag: Bools) -> tuple[int, bool]:
    """The incident's last day, and whether it still goes on."""
    sign = np.sign(deviation[alarm]) or 1.0
    last, calm = alarm, 0
    for day in range(alarm + 1, len(deviation)):
        usual = float(np.median(sign * deviation[begun : last + 1]))
        away = sign * deviation[day] > STILL_AWAY * max(usual, 0.0) and usual > 0
        if away or (flag[day] and calm < CALM_DAYS):
            last, calm = day, 0
        else:
            calm += 1
        if calm >= CALM_DAYS:
            return last, False
        if last - begun >= ACCEPTED_AFTER - 1:
            return last, False
    return last, True


def finding_id(series_id: str, kind: str, first_seen: date) -> str:
    """A stable name of the incident: the same wherever and whenever it is computed."""
    text = "\x1f".join((series_id, kind, first_seen.isoformat()))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _row(incident: Incident, history: pd.DataFrame, as_of: date) -> dict[str, Any]:
    key = history.iloc[0]
    window = history.iloc[incident.first : incident.last + 1]
    first_seen = window["ds"].iloc[0].date()
    actual = to_money(sum(window["cost"], Decimal(0)))
    arrived = window["share"].to_numpy(dtype=np.float64) if "share" in window else 1.0
    usual = [to_money(value) for value in (incident.expected * arrived).tolist()]
    expected = to_money(sum(usual, Decimal(0)))
    detected_on = history["ds"].iloc[incident.alarm].date()
    return {
        "finding_id": finding_id(str(key["series_id"]), incident.first_kind, first_seen),
        "series_id": key["series_id"],
        **{name: key[name] for name in COLUMNS[2:6]},
        "kind": incident.kind,
        "first_seen": first_seen,
        "last_seen": window["ds"].iloc[-1].date(),
        "status": "open" if incident.open else "resolved",
        "state": _state(incident, newest=len(history) - 1),
        "detected_on": detected_on,
        "delay_days": (detected_on - first_seen).days,
        "reopened": incident.reopened,
        "expected_cost": expected,
        "actual_cost": actual,
        "impact_cost": actual - expected,
        "monthly_cost": _monthly(window["cost"].tolist(), usual) if incident.open else None,
        "score": round(incident.score, 6),
        "detectors": incident.detectors,
        "why": None,
        "drivers": "{}",
        "suppressed_by": None,
        "parent_finding_id": None,
        "arrived_share": float(np.broadcast_to(arrived, len(window))[-1]),
        "as_of": as_of,
        "level": key.get("level", FINEST),
        "member": key.get("member", ALL),
    }


def _state(incident: Incident, newest: int) -> str:
    """Where the incident is in its life."""
    if not incident.open:
        return "resolved"
    if incident.reopened:
        return "reopened"
    return "opened" if incident.alarm == newest else "growing"


def _monthly(costs: list[Decimal], usual: list[Decimal]) -> Decimal:
    """What a month costs more (or less) if it stays as in the last days."""
    recent = costs[-RECENT_DAYS:]
    excess = sum(recent, Decimal(0)) - sum(usual[-RECENT_DAYS:], Decimal(0))
    return to_money(excess / len(recent) * DAYS_A_MONTH)


def place(row: Mapping[Any, Any]) -> str:
    """The series of a finding, as a person says it."""
    provider = row["service_provider_name"]
    if row["level"] == FINEST:
        return f"{row['service_name']} in account {row['sub_account_id']} ({provider})"
    if row["level"] == "account":
        return f"Account {row['sub_account_id']} ({provider}), all services together,"
    if row["member"] == ALL:
        return f"{provider}, all accounts together,"
    return f"{row['level'].capitalize()} {row['member']} of {provider}"
