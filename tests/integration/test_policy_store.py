"""The operational store: migrated once whoever starts first, append-only, on both databases."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import actions.tables  # noqa: F401  (puts its tables on the store's metadata)
import orchestration.feedback  # noqa: F401  (the same)
import policies.decisions
import policies.deployment.links
import policies.store
from policies.append_only import changeable
from policies.checks import opa_program
from policies.decisions import (
    CHAIN,
    RecordError,
    decide_and_record,
    decide_and_record_many,
    decision_rows,
    decisions,
    read_records,
    record_pages,
)
from policies.engine import PolicyEngine
from policies.opa import OpaProgram
from policies.store import StoreError, as_stored, metadata, open_store
from tests.integration.postgres_server import postgres_database

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "policies" / "examples"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_database() as server:
        yield sa.URL.create(
            "postgresql",
            host=server["TOLLGATE_PG_HOST"],
            port=int(server["TOLLGATE_PG_PORT"]),
            username=server["TOLLGATE_PG_USER"],
            password=server["TOLLGATE_PG_PASSWORD"] or None,
            database=server["TOLLGATE_PG_DATABASE"],
        ).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'ops.sqlite'}"
        return
    server: str = request.getfixturevalue("postgres")
    admin = sa.create_engine(sa.make_url(server).set(drivername="postgresql+psycopg2"))
    with admin.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    admin.dispose()
    yield server


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    return PolicyEngine(OpaProgram(opa_program()))


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())["input"]
    return found


def test_processes_that_start_at_once_reach_the_same_schema(url: str) -> None:
    program = f"from policies.store import open_store; open_store({url!r}).dispose()"
    running = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(4)]
    assert [process.wait(timeout=120) for process in running] == [0] * 4
    with open_store(url).connect() as connection:
        versions = connection.execute(sa.text("select version_num from alembic_version")).all()
    assert len(versions) == 1


def test_migrations_make_exactly_the_tables_that_the_code_uses(url: str) -> None:
    with open_store(url).connect() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), metadata)


def test_decision_is_recorded_and_read_back_whole(url: str, engine: PolicyEngine) -> None:
    store = open_store(url)
    question = example("deployment/denied/untagged")
    decision = decide_and_record(engine, store, "deployment", "acme/shop@4f0d2c9", question)
    (record,) = read_records(store, decision_id=decision.decision_id)
    assert record.decision == decision
    assert record.question == question
    assert record.subject == "acme/shop@4f0d2c9"
    (row,) = decision_rows(store)
    assert row["allow"] is False
    assert "input" not in row
    store.dispose()


def test_recorded_question_replays_to_the_same_decision(url: str, engine: PolicyEngine) -> None:
    store = open_store(url)
    files = sorted((EXAMPLES / "remediation").glob("*/*.json"))
    questions = [(file.stem, json.loads(file.read_text())["input"]) for file in files]
    decide_and_record_many(engine, store, "remediation", questions)
    records = read_records(store, gate="remediation")
    assert len(records) == len(files)
    again = engine.decide_many("remediation", [record.question for record in records])
    for record, answer in zip(records, again, strict=True):
        assert answer.allow == record.decision.allow
        assert answer.denials == record.decision.denials
        assert answer.input_sha256 == record.decision.input_sha256
    store.dispose()


def test_pages_hold_every_record_once_and_are_bounded(
    url: str, engine: PolicyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(url)
    small = example("deployment/allowed/small_change")
    large = {**small, "git": {**small["git"], "actor": "m" * 10_000}}
    questions = [(f"{n}", large if n % 5 == 0 else small) for n in range(23)]
    decide_and_record_many(engine, store, "deployment", questions)
    monkeypatch.setattr(policies.decisions, "PAGE_RECORDS", 7)
    monkeypatch.setattr(policies.decisions, "PAGE_CHARACTERS", 15_000)
    pages = list(record_pages(store))
    assert sorted(int(r.subject) for page in pages for r in page) == list(range(23))
    assert all(len(page) <= 7 for page in pages)
    sizes = [[len(json.dumps(r.question)) for r in page] for page in pages]
    assert all(sum(size[:-1]) < 16_000 for size in sizes)
    store.dispose()


def test_records_are_found_by_subject_and_time(url: str, engine: PolicyEngine) -> None:
    store = open_store(url)
    question = example("remediation/allowed/reversible_in_development")
    decide_and_record(engine, store, "remediation", "vol-1", question)
    assert len(read_records(store, subject="vol-1")) == 1
    assert read_records(store, subject="vol-2") == []
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert read_records(store, since=later) == []
    assert len(read_records(store, since=later - timedelta(hours=1))) == 1
    store.dispose()


@pytest.mark.parametrize(
    "statement", ["UPDATE decisions SET allow = true", "DELETE FROM decisions"]
)
def test_records_can_be_neither_changed_nor_removed(
    url: str, engine: PolicyEngine, statement: str
) -> None:
    store = open_store(url)
    decide_and_record(engine, store, "deployment", "x", example("deployment/denied/untagged"))
    statement = statement.replace("true", "1") if store.dialect.name == "sqlite" else statement
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.begin() as connection:
        connection.exec_driver_sql(statement)
    assert [record.decision.allow for record in read_records(store)] == [False]
    store.dispose()


LINKS = {"seq", "prev_hash", "hash"}
COPIED = ", ".join(column.name for column in decisions.c if column.name not in LINKS)


def recorded(store: sa.Engine, *subjects: str) -> None:
    """One decision on record per subject, as `decide_and_record` would leave it."""
    rows = [
        {
            "decision_id": f"{number:04d}-{subject}", "gate": "deployment",
            "decided_at": as_stored(datetime(2026, 10, 28, 6, 0, number, 120_000, UTC)),
            "subject": subject,
            "allow": number % 2 == 0, "denials": "[]", "warnings": "[]", "waived": "[]",
            "evaluated": "[]", "input": '{"name":"Zoë \U0001f4b8"}', "input_sha256": "0",
            "bundle_sha256": "1", "policy_revision": "r",
        }
        for number, subject in enumerate(subjects)
    ]  # fmt: skip
    with store.begin() as connection:
        CHAIN.append(connection, rows)


def behind_its_back(store: sa.Engine, *statements: str) -> None:
    """Write as somebody does who removes the triggers first."""
    with store.begin() as connection:
        for statement in (*changeable("decisions", store.dialect.name), *statements):
            connection.exec_driver_sql(statement)


def test_records_make_one_chain(url: str, engine: PolicyEngine) -> None:
    store = open_store(url)
    for subject in ("a", "b"):
        question = example("deployment/denied/untagged")
        decide_and_record(engine, store, "deployment", subject, question)
    first = CHAIN.verify(store)
    assert (first.ok, first.entries) == (True, 2)
    recorded(store, "c", "d", "e")
    grown = CHAIN.verify(store, [first.head, "f" * 64])
    assert (grown.ok, grown.entries, grown.found) == (True, 5, frozenset({first.head}))
    store.dispose()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE decisions SET allow = NOT allow WHERE seq = 3", "decision 3 (0002-c) was changed"),
        ("UPDATE decisions SET denials = '[{}]' WHERE seq = 2", "decision 2 (0001-b) was changed"),
        ("UPDATE decisions SET subject = 'x' WHERE seq = 4", "decision 4 (0003-d) was changed"),
        ("UPDATE decisions SET decided_at = '2026-10-28 06:00:00' WHERE seq = 1", "decision 1 "),
        ("DELETE FROM decisions WHERE seq = 2", "decision 2 is missing"),
        ("DELETE FROM decisions WHERE seq = 4", "ends at decision 3"),
        ("UPDATE decisions SET prev_hash = hash WHERE seq = 3", "(0002-c) does not follow"),
    ],
)
def test_record_that_was_rewritten_is_named(url: str, statement: str, problem: str) -> None:
    store = open_store(url)
    recorded(store, "a", "b", "c", "d")
    behind_its_back(store, statement)
    check = CHAIN.verify(store)
    assert not check.ok
    assert problem in str(check.problem)
    store.dispose()


def test_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    recorded(store, "a", "b", "c", "d")
    behind_its_back(store, "UPDATE decisions SET decided_at = 'yesterday' WHERE seq = 3")
    assert "decision 3 cannot be read" in str(CHAIN.verify(store).problem)


def test_processes_that_record_at_once_make_one_chain(url: str) -> None:
    open_store(url).dispose()
    program = (
        "import sys\n"
        "from policies.store import open_store\n"
        "from tests.integration.test_policy_store import recorded\n"
        "store = open_store(sys.argv[1])\n"
        "for number in range(10): recorded(store, f'{sys.argv[2]}-{number}')\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, url, str(number)], cwd=ROOT)
        for number in range(3)
    ]
    assert [process.wait(timeout=120) for process in running] == [0] * 3
    store = open_store(url)
    check = CHAIN.verify(store)
    assert (check.ok, check.entries) == (True, 30), check.problem
    store.dispose()


def test_records_from_before_the_chain_are_linked_by_the_migration(url: str) -> None:
    store = open_store(url)
    recorded(store, "a", "b", "c")
    expected = CHAIN.verify(store).head
    # As it was before: the table of the first migrations, with the same records.
    with store.begin() as connection:
        rows = connection.execute(sa.text(f"SELECT {COPIED} FROM decisions ORDER BY seq DESC"))
        kept = [dict(row) for row in rows.mappings()]
    store.dispose()
    store = _at_revision(url, "0005")
    with store.begin() as connection:
        names = ", ".join(f":{name.strip()}" for name in COPIED.split(","))
        connection.execute(sa.text(f"INSERT INTO decisions ({COPIED}) VALUES ({names})"), kept)
    store.dispose()
    store = open_store(url)
    check = CHAIN.verify(store)
    assert (check.ok, check.entries, check.head) == (True, 3, expected)
    assert [record.subject for record in read_records(store)] == ["a", "b", "c"]
    for verb in ("UPDATE decisions SET subject = ''", "DELETE FROM decisions"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.begin() as connection:
            connection.exec_driver_sql(verb)
    recorded(store, "later")
    assert CHAIN.verify(store).ok
    store.dispose()


def _at_revision(url: str, revision: str) -> sa.Engine:
    """The store at `url`, begun anew and migrated only so far."""
    store = policies.store._connect(url)
    with store.begin() as connection:
        if store.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        else:
            for table in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f"DROP TABLE {table}")
        config = policies.store._alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return store


def test_secrets_are_in_neither_the_record_nor_the_question(
    tmp_path: Path, engine: PolicyEngine
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    question = example("deployment/allowed/small_change")
    question["plan"]["resources"][0]["tags"] |= {
        "db_password": "correct-horse", "note": "key AKIAABCDEFGHIJKLMNOP of bob",
        "url": "https://bob:hunter2@example.com",
    }  # fmt: skip
    decision = decide_and_record(engine, store, "deployment", "x", question)
    assert decision.allow
    store.dispose()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (b"correct-horse", b"AKIAABCDEFGHIJKLMNOP", b"hunter2"):
        assert secret not in held
    (record,) = read_records(open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}"))
    assert record.question["plan"]["resources"][0]["tags"]["team"] == "shop"


def test_decision_that_cannot_be_recorded_is_not_given(
    tmp_path: Path, engine: PolicyEngine
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    with store.begin() as connection:
        decisions.drop(connection)
    with pytest.raises(RecordError, match="nothing may act on it"):
        decide_and_record(engine, store, "deployment", "x", example("deployment/denied/untagged"))


def test_question_that_is_no_json_is_denied_and_recorded(
    tmp_path: Path, engine: PolicyEngine
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}")
    decision = decide_and_record(engine, store, "deployment", "x", {"x": float("inf")})
    assert not decision.allow
    assert [record.decision.decided for record in read_records(store)] == [False]


def test_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ops.sqlite'}"
    with open_store(url).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version"):
        open_store(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("not a url", "not readable"),
        ("mysql://root@localhost/ops", "cannot be 'mysql'"),
        ("postgresql://nobody:secret@127.0.0.1:9/ops", "cannot open"),
    ],
)
def test_store_that_cannot_be_opened_says_what_to_do(url: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason) as caught:
        open_store(url)
    assert "TOLLGATE_OPS_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_sqlite_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'ops.sqlite'}").connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
