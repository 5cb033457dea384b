"""Promises of recorded feedback: all of a file or nothing, kept for ever, errors with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.feedback import (
    FEEDBACK,
    FeedbackError,
    Word,
    feedback_rows,
    read_file,
    read_word,
    record,
)
from policies.store import open_store

NOW = datetime(2026, 10, 27, 9, tzinfo=UTC)
FINDINGS = [
    {
        "finding_id": name,
        "series_id": "AWS/1/EC2/USD",
        "kind": "spike",
        "first_seen": date(2026, 10, 1),
        "last_seen": date(2026, 10, 8),
        "detectors": "weekday",
    }
    for name in ("abcd01", "abce02")
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    yield engine
    engine.dispose()


def test_a_word_is_kept_with_what_the_finding_was(store: sa.Engine) -> None:
    given = record(store, [Word("abcd", "planned", "sale", date(2026, 12, 1))], FINDINGS, NOW)
    assert given == ["abcd01"]
    (row,) = feedback_rows(store)
    kept = {name: value for name, value in FINDINGS[0].items() if name != "last_seen"}
    assert row == kept | {
        "seq": 1, "verdict": "planned", "reason": "sale", "until": date(2026, 12, 1),
        "given_at": NOW.replace(tzinfo=None),
    }  # fmt: skip


def test_recorded_words_can_be_added_to_but_neither_changed_nor_removed(store: sa.Engine) -> None:
    for verdict in ("false", "true"):
        record(store, [read_word(entry(verdict=verdict), "w")], FINDINGS, NOW)
    assert [row["seq"] for row in feedback_rows(store)] == [1, 2]
    for change in (sa.update(FEEDBACK).values(verdict="true"), sa.delete(FEEDBACK)):
        with pytest.raises(sa.exc.SQLAlchemyError, match="append-only"), store.begin() as writing:
            writing.execute(change)


def test_day_by_which_nothing_would_be_silenced_is_refused(store: sa.Engine) -> None:
    for until in (date(2020, 1, 1), date(2026, 10, 8)):
        with pytest.raises(FeedbackError, match="last seen on 2026-10-08; give a later day"):
            record(store, [Word("abcd", "planned", "sale", until)], FINDINGS, NOW)
    assert feedback_rows(store) == []
    over = Word("abcd", "planned", "a sale that is over by now", date(2026, 10, 9))
    assert record(store, [over], FINDINGS, NOW) == ["abcd01"]


def test_arguments_are_checked_before_any_finding_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "empty"))
    done = CliRunner().invoke(app, ["feedback", "abcd", "maybe", "--reason", "r"])
    assert done.exit_code == 2
    assert "use true, false or planned" in done.stderr
    done = CliRunner().invoke(app, ["feedback", "abcd", "true", "--reason", "r"])
    assert "there is no warehouse" in done.stderr


def test_help_shows_the_name_of_the_toml_table() -> None:
    asked = CliRunner().invoke(app, ["feedback", "--help"], env={"COLUMNS": "200"})
    assert "TOML ([[feedback]])" in asked.stdout


def test_start_of_a_finding_that_is_too_short_is_told_how_long_it_must_be() -> None:
    done = CliRunner().invoke(app, ["explain", "7a"])
    assert done.exit_code == 2
    assert "'7a' is too short: give at least the first 4 characters" in done.stderr
    asked = CliRunner().invoke(app, ["explain", "--help"], env={"COLUMNS": "200"})
    assert "at least 4 characters" in asked.stdout


def test_one_unknown_finding_in_a_file_and_nothing_is_recorded(store: sa.Engine) -> None:
    words = [Word("abcd01", "true", "r"), Word("ffff", "true", "r")]
    with pytest.raises(FeedbackError, match="no finding begins with 'ffff': copy"):
        record(store, words, FINDINGS, NOW)
    with pytest.raises(FeedbackError, match="2 findings begin with 'abc'"):
        record(store, [Word("abc", "true", "r")], FINDINGS, NOW)
    assert feedback_rows(store) == []


def test_two_words_on_one_finding_at_a_time_are_refused(store: sa.Engine) -> None:
    words = [Word("abcd01", "true", "r"), Word("abcd", "false", "r")]
    with pytest.raises(FeedbackError, match="finding abcd is given twice; say one word"):
        record(store, words, FINDINGS, NOW)
    assert feedback_rows(store) == []


def test_file_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("finding,verdict,reason\r\nabcd,true,right\r\n", encoding="utf-8-sig")
    assert read_file(file) == [Word("abcd", "true", "right")]


def test_csv_and_toml_say_the_same(tmp_path: Path) -> None:
    table, toml = tmp_path / "f.csv", tmp_path / "f.toml"
    table.write_text(
        "finding,verdict,reason,until\nabcd,true,right,\nabce,planned,sale,2026-12-01\n"
    )
    toml.write_text(
        '[[feedback]]\nfinding = "abcd"\nverdict = "true"\nreason = "right"\n'
        '[[feedback]]\nfinding = "abce"\nverdict = "planned"\nreason = "sale"\nuntil = 2026-12-01\n'
    )
    assert read_file(table) == read_file(toml)
    assert read_file(table)[1] == Word("abce", "planned", "sale", date(2026, 12, 1))


def entry(**change: Any) -> dict[str, Any]:
    given = {"finding": "abcd", "verdict": "false", "reason": "r"} | change
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": None}, "w: reason is missing"),
        ({"verdict": "maybe"}, "use true, false or planned"),
        ({"verdict": "planned"}, "give until"),
        ({"verdict": "true", "until": "2026-12-01"}, "leave until out"),
        ({"until": "soon"}, "until is 'soon'; write it as YYYY-MM-DD"),
        ({"untill": "2026-12-01"}, "untill is not known"),
    ],
)
def test_a_word_that_cannot_be_used_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(FeedbackError, match=message):
        read_word(entry(**change), "w")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("f.csv", "finding,verdict,reason,until\na,true,r,,x\n", "entry 1: more values"),
        ("f.csv", "finding,verdict,reason,until\n", "has no entry"),
        ("f.toml", "feedback = [1]", r"write each entry as a \[\[feedback\]\] table"),
        ("f.toml", "feedback = ", "cannot be read as CSV or TOML"),
        ("f.toml", '[[feedback]]\nfinding = "a"\nverdict = "true"\n', "entry 1: reason is missing"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FeedbackError, match=message) as caught:
        read_file(path)
    assert str(path) in str(caught.value)
