"""Promises of feedback: it silences what it is about, until it expires, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from orchestration.analytics.feedback import COLUMNS, by_detector, suppress

UNTIL = date(2026, 9, 1)


def finding(name: str, first: date, last: date, **change: Any) -> dict[str, Any]:
    row = {"finding_id": name, "series_id": "s", "kind": "spike", "detectors": "weekday,drift",
           "impact_cost": 100, "parent_finding_id": None}  # fmt: skip
    return row | {"first_seen": first, "last_seen": last} | change


def word(seq: int, name: str, verdict: str, until: date | None = None) -> dict[str, Any]:
    row = finding(name, date(2026, 8, 3), date(2026, 8, 4))
    return row | {"seq": seq, "verdict": verdict, "reason": "r", "until": until, "given_at": None}


FOUND = pd.DataFrame(
    [
        finding("about", date(2026, 8, 3), date(2026, 8, 4)),
        finding("later", date(2026, 8, 20), date(2026, 8, 31)),
        finding("earlier", date(2026, 7, 1), date(2026, 7, 2)),
        finding("still_there", date(2026, 8, 25), UNTIL),
        finding("other_kind", date(2026, 8, 20), date(2026, 8, 21), kind="drop"),
        finding("other_series", date(2026, 8, 20), date(2026, 8, 21), series_id="t"),
    ]
)


def silenced(*words: dict[str, Any]) -> set[str]:
    out = suppress(FOUND, pd.DataFrame(list(words), dtype=object))
    return set(out.loc[out["suppressed_by"].notna(), "finding_id"])


def test_false_silences_that_finding_alone() -> None:
    assert silenced(word(1, "about", "false")) == {"about"}


def test_until_a_day_the_same_series_and_kind_are_silent_too_and_nothing_else() -> None:
    for verdict in ("planned", "false"):
        assert silenced(word(1, "about", verdict, UNTIL)) == {"about", "later"}


def test_what_is_still_there_on_the_day_of_expiry_is_heard_again() -> None:
    assert "still_there" not in silenced(word(1, "about", "planned", UNTIL))
    assert "still_there" in silenced(word(1, "about", "planned", date(2026, 9, 2)))
    assert silenced(word(1, "about", "planned", date(2026, 8, 4))) == set()


def test_true_silences_nothing_and_a_later_word_replaces_an_earlier() -> None:
    assert silenced(word(1, "about", "true")) == set()
    assert silenced(word(1, "about", "false"), word(2, "about", "true")) == set()
    assert silenced(word(1, "about", "true"), word(2, "about", "false")) == {"about"}
    kept = silenced(word(1, "about", "planned", UNTIL), word(2, "later", "true"))
    assert kept == {"about"}, "a true one among the silenced is heard"


def test_a_word_covers_the_finding_that_tells_it_if_that_is_about_as_large() -> None:
    day = date(2026, 8, 3)
    found = pd.DataFrame(
        [
            finding("about", day, day, parent_finding_id="alike"),
            finding("alike", day, day, series_id="of the account", impact_cost=120),
            finding("other", day, day, series_id="t", parent_finding_id="larger"),
            finding("larger", day, day, series_id="of the region", impact_cost=-200),
        ]
    )

    def silent(*words: dict[str, Any]) -> set[str]:
        out = suppress(found, pd.DataFrame(list(words), dtype=object))
        return set(out.loc[out["suppressed_by"] == 1, "finding_id"])

    assert silent(word(1, "about", "false")) == {"about", "alike"}
    assert silent(word(1, "other", "false")) == {"other"}
    assert silent(word(1, "about", "false"), word(2, "alike", "true")) == {"about"}


def test_no_feedback_silences_nothing() -> None:
    empty = pd.DataFrame(columns=[*word(1, "about", "true")])
    assert suppress(FOUND, empty)["suppressed_by"].isna().all()
    assert by_detector(empty).columns.tolist() == COLUMNS


def test_each_detector_gets_the_last_word_once() -> None:
    words = pd.DataFrame([word(1, "about", "false"), word(2, "about", "true")], dtype=object)
    counted = by_detector(words)
    assert counted["detector"].tolist() == ["weekday", "drift"]
    assert counted["verdict"].tolist() == ["true", "true"]
