"""DuckDB as the landing uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.ingest.engine import Session


def test_ctrl_c_while_a_statement_runs_is_an_interruption_and_no_error(tmp_path: Path) -> None:
    """DuckDB's own words for it: it looks for signals when it likes, too seldom for a test."""
    with pytest.raises(KeyboardInterrupt), Session(tmp_path) as session:
        session.db.execute("SELECT 1")
        raise RuntimeError("Query interrupted")


def test_other_errors_leave_a_session_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="of ours"), Session(tmp_path) as session:
        session.db.execute("SELECT 1")
        raise RuntimeError("of ours")
