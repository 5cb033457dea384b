"""What people said about findings: read from a file, recorded in the operational store.

Belongs here: the table, its rows and the file. Does not belong here: what feedback does to
findings (`analytics/feedback.py`).
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import sqlalchemy as sa

from orchestration.analytics.feedback import Verdict
from policies.store import add_rows, as_stored, for_reading, metadata

FEEDBACK = sa.Table(
    "finding_feedback",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("finding_id", sa.String(64), nullable=False),
    sa.Column("series_id", sa.Text, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("first_seen", sa.Date, nullable=False),
    sa.Column("detectors", sa.Text, nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("given_at", sa.DateTime(timezone=False), nullable=False),
)
FIELDS = ("finding", "verdict", "reason", "until")
# What is kept of the finding, so that the word stays meaningful when the finding is gone.
_OF_FINDING = ("finding_id", "series_id", "kind", "first_seen", "detectors")


class FeedbackError(ValueError):
    """Feedback cannot be taken; the message names the entry, the field and the remedy."""


@dataclass(frozen=True)
class Word:
    """One person's verdict on one finding; `until` is exclusive."""

    finding: str
    verdict: Verdict
    reason: str
    until: date | None = None


def read_word(entry: Mapping[str, Any], where: str) -> Word:
    """A checked entry; `where` names it in errors."""
    unknown = sorted(set(entry) - set(FIELDS))
    if unknown:
        raise FeedbackError(f"{where}: {unknown[0]} is not known; use {', '.join(FIELDS)}")
    for field in FIELDS[:3]:
        if not str(entry.get(field) or "").strip():
            raise FeedbackError(f"{where}: {field} is missing; say finding, verdict and reason")
    verdict = str(entry["verdict"]).strip().lower()
    if verdict not in get_args(Verdict):
        raise FeedbackError(f"{where}: verdict is {verdict!r}; use true, false or planned")
    until = _date(entry.get("until"), where)
    if verdict == "planned" and until is None:
        raise FeedbackError(f"{where}: a planned change ends: give until, as YYYY-MM-DD")
    if verdict == "true" and until is not None:
        raise FeedbackError(f"{where}: a true finding is not suppressed: leave until out")
    finding, reason = str(entry["finding"]).strip(), str(entry["reason"]).strip()
    return Word(finding, verdict, reason, until)  # type: ignore[arg-type]  # checked above


def read_file(path: Path) -> list[Word]:
    """The entries of a CSV with the header `finding,verdict,reason,until`, or of a TOML file's
    `[[feedback]]` tables.
    """
    try:
        if path.suffix.lower() == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as source:
                entries: Iterable[Mapping[str, Any]] = list(csv.DictReader(source, strict=True))
        else:
            entries = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("feedback", [])
    except (OSError, UnicodeDecodeError, csv.Error, tomllib.TOMLDecodeError) as error:
        raise FeedbackError(f"{path} cannot be read as CSV or TOML: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FeedbackError(f"{path}: write each entry as a [[feedback]] table")
    words = []
    for number, entry in enumerate(entries, start=1):
        if None in entry:
            raise FeedbackError(f"{path}, entry {number}: more values than columns; quote commas")
        given = {key: value for key, value in entry.items() if value not in (None, "")}
        words.append(read_word(given, f"{path}, entry {number}"))
    if not words:
        raise FeedbackError(f"{path} has no entry: add [[feedback]] tables, or rows to the CSV")
    return words


def record(
    store: sa.Engine, words: Sequence[Word], findings: Iterable[Mapping[str, Any]], now: datetime
) -> list[str]:
    """Add all words, or none; returns the finding_ids. `findings` are rows of fct_findings.

    A finding may be named by the start of its id, as long as that is one finding.
    """
    known = list(findings)
    rows: list[dict[str, Any]] = []
    for word in words:
        about = [row for row in known if str(row["finding_id"]).startswith(word.finding)]
        if len(about) != 1:
            what = "no finding begins" if not about else f"{len(about)} findings begin"
            raise FeedbackError(
                f"{what} with {word.finding!r}: copy a finding_id from marts.fct_findings"
            )
        if any(row["finding_id"] == about[0]["finding_id"] for row in rows):
            raise FeedbackError(
                f"finding {word.finding} is given twice; say one word about it at a time"
            )
        last_seen = about[0]["last_seen"]
        if word.until is not None and word.until <= last_seen:
            raise FeedbackError(
                f"until {word.until} silences nothing: finding {word.finding} was last seen on "
                f"{last_seen}; give a later day"
            )
        rows.append(
            {name: about[0][name] for name in _OF_FINDING}
            | {
                "verdict": word.verdict,
                "reason": word.reason,
                "until": word.until,
                "given_at": as_stored(now),
            }
        )
    add_rows(store, FEEDBACK, rows)
    return [str(row["finding_id"]) for row in rows]


def feedback_rows(store: sa.Engine) -> list[dict[str, Any]]:
    """Every word, in the order it was given."""
    with for_reading(store).connect() as connection:
        rows = connection.execute(sa.select(FEEDBACK).order_by(FEEDBACK.c.seq)).mappings()
        return [dict(row) for row in rows]


def _date(value: object, where: str) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise FeedbackError(f"{where}: until is {value!r}; write it as YYYY-MM-DD") from None
