"""A demo begins anew, and throws nothing away that a person said or decided."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.journal import Journal, read
from orchestration.demo.home import DemoError, own_home
from orchestration.settings import Settings
from policies.store import open_store


def note(settings: Settings, what: str) -> None:
    store = open_store(settings.ops_url)
    Journal(store, "run-1", lambda: datetime(2026, 10, 28, tzinfo=UTC)).write(what)
    store.dispose()


def events(path: Path) -> list[str]:
    store = open_store(f"sqlite:///{path}")
    try:
        return [event.event for event in read(store)]
    finally:
        store.dispose()


def test_records_of_the_demo_before_are_put_away_and_not_deleted(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with own_home(settings) as kept:
        assert kept is None
    for what in ("first", "second"):
        note(settings, what)
        with own_home(settings) as kept:
            assert kept is not None
            assert not (tmp_path / "ops.sqlite").exists()
        assert events(kept) == [what]


def test_records_still_in_the_write_ahead_log_are_put_away_too(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    store = open_store(settings.ops_url)
    Journal(store, "run-1", lambda: datetime(2026, 10, 28, tzinfo=UTC)).write("unmerged")
    assert (tmp_path / "ops.sqlite-wal").stat().st_size > 0
    with own_home(settings) as kept:
        assert kept is not None
        assert events(kept) == ["unmerged"]
    store.dispose()


def test_demo_decides_nothing_in_a_store_that_others_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_OPS_URL", f"sqlite:///{tmp_path / 'shared.sqlite'}")
    with pytest.raises(DemoError, match="unset it"), own_home(Settings(tmp_path / "home")):
        pass
    assert not (tmp_path / "home").exists()
