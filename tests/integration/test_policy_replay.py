"""`tollgate policy replay`: a changed bundle, asked what was recorded, by the real OPA."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from typer.testing import CliRunner, Result

from orchestration.cli.policy import app
from policies import decisions
from policies.bundle import BUNDLE
from policies.checks import opa_program
from policies.decisions import decide_and_record_many, read_records
from policies.engine import PolicyEngine
from policies.opa import OpaProgram
from policies.replay import ReplayError, parse_since
from policies.replay_report import MARKER
from policies.store import open_store

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples" / "deployment"
WAIVERS = "finops/waivers/data.yaml"
CONFIG = "finops/config/deployment/data.yaml"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TOLLGATE_OPS_URL", raising=False)
    monkeypatch.delenv("TOLLGATE_OPA_URL", raising=False)
    return open_store(f"sqlite:///{tmp_path / 'home' / 'ops.sqlite'}")


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLE, tmp_path / "candidate"))


def question(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())["input"]
    return found


def record(store: sa.Engine, questions: dict[str, Any], bundle: Path = BUNDLE) -> dict[str, str]:
    """Decide and record; the identifiers by subject."""
    engine = PolicyEngine(OpaProgram(opa_program(), timeout=120), bundle)
    answers = decide_and_record_many(engine, store, "deployment", list(questions.items()))
    return {name: a.decision_id for name, a in zip(questions, answers, strict=True)}


def edit(bundle: Path, name: str, change: Callable[[Any], None]) -> None:
    document = yaml.safe_load((bundle / name).read_text())
    change(document)
    (bundle / name).write_text(yaml.safe_dump(document))


def waive(bundle: Path, subject: str, until: str) -> None:
    entry = {
        "waiver_id": "W-1", "rule_id": "deployment.required_tags", "subject": subject,
        "owner": "maria@example.com", "reason": "It is retired.", "expires_at": until,
        "max_amount": "100.00", "currency": "USD",
    }  # fmt: skip
    edit(bundle, WAIVERS, lambda document: document["entries"].append(entry))


def lower_the_limit(bundle: Path) -> None:
    def change(config: Any) -> None:
        config["environments"]["production"]["max_monthly_increase"]["USD"] = "10.00"

    edit(bundle, CONFIG, change)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["replay", *(str(a) for a in arguments)])


def as_json(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_bundle_that_is_not_changed_decides_as_it_did(store: sa.Engine) -> None:
    names = [f"{file.parent.name}/{file.stem}" for file in sorted(EXAMPLES.glob("*ed/*.json"))]
    record(store, {name: question(name) for name in names})
    found = as_json(run("--format", "json"))
    counts = found["counts"]
    assert counts["decisions"] == counts["compared"] == len(names)
    assert counts["would_deny"] == sum(name.startswith("denied") for name in names)
    assert found["rules"] == found["new_denials"] == found["new_allows"] == found["undecided"] == []
    assert len(read_records(store)) == len(names), "a replay is no decision"


def test_lower_threshold_lists_exactly_what_it_would_deny(
    store: sa.Engine, candidate: Path
) -> None:
    ids = record(
        store,
        {
            "small": question("allowed/small_change"),
            "saving": question("allowed/saving_in_a_used_up_budget"),
            "untagged": question("denied/untagged"),
        },
    )
    lower_the_limit(candidate)
    found = as_json(run("--bundle", candidate, "--format", "json"))
    assert found["counts"] == {
        "decisions": 3, "compared": 3, "would_deny": 2, "were_waived": 0, "would_be_waived": 0,
        "new_denials": 1, "new_allows": 0, "other_denials": 1, "undecided": 0,
    }  # fmt: skip
    (newly,) = found["new_denials"]
    assert (newly["decision_id"], newly["subject"]) == (ids["small"], "small")
    assert (newly["was"], newly["would_be"]) == ("allowed", "denied")
    assert (newly["amount"], newly["currency"]) == ("17.58", "USD")
    assert [f["rule_id"] for f in newly["appears"]] == ["deployment.monthly_budget_delta"]
    assert newly["disappears"] == []
    assert [c["decision_id"] for c in found["other_denials"]] == [ids["untagged"]]
    assert {f["elsewhere"] for f in newly["appears"]} == {"nothing"}
    assert found["rules"] == [
        {"rule_id": "deployment.monthly_budget_delta", "appears": 2, "disappears": 0}
    ]


def test_rule_taken_out_lists_what_it_would_let_through(store: sa.Engine, candidate: Path) -> None:
    ids = record(store, {n: question(f"denied/{n}") for n in ("untagged", "far_region")})
    shutil.rmtree(candidate / "finops/deployment/rules/required_tags")
    edit(candidate, CONFIG, lambda config: config["required_rules"].remove("required_tags"))
    found = as_json(run("--bundle", candidate, "--format", "json"))
    assert [c["decision_id"] for c in found["new_allows"]] == [ids["untagged"]]
    assert found["new_denials"] == []
    assert found["counts"]["would_deny"] == 1


def test_waiver_counts_by_the_time_of_the_question(store: sa.Engine, candidate: Path) -> None:
    # Asked on 28 October 2026: lapsed today or not, the first waiver was in force then.
    record(store, {"untagged": question("denied/untagged")})
    shorter = Path(shutil.copytree(candidate, candidate.with_name("shorter")))
    waive(candidate, "aws_instance.web", "2026-10-29T00:00:00Z")
    waive(shorter, "aws_instance.web", "2026-10-28T00:00:00Z")
    found = as_json(run("--bundle", candidate, "--format", "json"))
    (newly,) = found["new_allows"]
    assert {f["elsewhere"] for f in newly["disappears"]} == {"waived"}
    assert found["counts"]["would_be_waived"] == 1
    assert as_json(run("--bundle", shorter, "--format", "json"))["new_allows"] == []


def test_waiver_taken_away_is_told_apart(store: sa.Engine, candidate: Path) -> None:
    waive(candidate, "aws_instance.web", "2027-01-01T00:00:00Z")
    record(store, {"waived": question("denied/untagged")}, candidate)
    record(store, {"small": question("allowed/small_change")}, candidate)
    assert [r.decision.allow for r in read_records(store)] == [True, True]
    found = as_json(run("--format", "json"))
    assert found["counts"]["would_deny"] == found["counts"]["were_waived"] == 1
    assert {f["elsewhere"] for f in found["new_denials"][0]["appears"]} == {"waived"}
    text = run().stdout
    assert "would have denied 1 of 2, 1 of which were waived" in " ".join(text.split())


def test_against_another_bundle_only_its_own_changes_count(
    store: sa.Engine, candidate: Path
) -> None:
    ids = record(store, {n: question(f"allowed/{n}") for n in ("small_change", "waived_tags")})
    lower_the_limit(candidate)
    base = Path(shutil.copytree(candidate, candidate.with_name("base")))
    shutil.rmtree(candidate / "finops/deployment/rules/required_tags")
    edit(candidate, CONFIG, lambda config: config["required_rules"].remove("required_tags"))
    assert as_json(run("--bundle", candidate, "--format", "json"))["counts"]["new_denials"] == 2
    found = as_json(run("--bundle", candidate, "--against", base, "--format", "json"))
    assert found["counts"]["would_deny"] == 2
    assert found["new_denials"] == found["new_allows"] == found["rules"] == []
    back = as_json(run("--against", base, "--format", "json"))
    assert {c["decision_id"] for c in back["new_allows"]} == set(ids.values())
    assert {f["rule_id"] for c in back["new_allows"] for f in c["disappears"]} == {
        "deployment.monthly_budget_delta"
    }
    (candidate / ".manifest").unlink()
    assert run("--against", candidate).exit_code == 2


def test_rule_that_is_not_yet_in_force_shows_as_warnings(store: sa.Engine, candidate: Path) -> None:
    rule = candidate / "finops/deployment/rules/required_tags/required_tags.rego"
    text = rule.read_text()
    rule.write_text(text.replace('effective_on: "2026-01-01', 'effective_on: "2036-01-01'))
    record(store, {"untagged": question("denied/untagged")})
    found = as_json(run("--bundle", candidate, "--format", "json"))
    assert found["new_warnings"] == {"deployment.required_tags": 1}
    assert {f["elsewhere"] for f in found["new_allows"][0]["disappears"]} == {"warned"}


def test_what_cannot_be_compared_is_neither_allowed_nor_denied(store: sa.Engine) -> None:
    older = question("allowed/small_change")
    older["schema"] = "deployment/v0"
    misshapen = question("allowed/small_change")
    # As questions were before lines said what commitments pay of them.
    for line in misshapen["estimate"]["lines"]:
        del line["covered_before"], line["covered_after"]
    ids = record(
        store, {"older": older, "misshapen": misshapen, "fine": question("allowed/small_change")}
    )
    # As an earlier version has answered them, which knew their form.
    with store.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER decisions_no_update")
        connection.execute(
            sa.update(decisions.decisions)
            .where(decisions.decisions.c.subject.in_(["older", "misshapen"]))
            .values(allow=True, denials="[]")
        )
    found = as_json(run("--format", "json"))
    assert {u["decision_id"]: u["kind"] for u in found["undecided"]} == {
        ids["older"]: "other_schema", ids["misshapen"]: "other_schema",
    }  # fmt: skip
    assert (found["counts"]["decisions"], found["counts"]["compared"]) == (3, 1)
    assert found["counts"]["would_deny"] == 0
    assert found["new_denials"] == found["new_allows"] == []


def test_decision_that_was_not_made_then_is_not_compared(store: sa.Engine) -> None:
    engine = PolicyEngine(OpaProgram(Path("/nowhere/opa")))
    decide_and_record_many(engine, store, "deployment", [("x", question("allowed/small_change"))])
    found = as_json(run("--format", "json"))
    assert [u["kind"] for u in found["undecided"]] == ["not_decided_then"]
    assert found["new_allows"] == []


def test_another_warning_about_the_subject_is_not_the_denial(
    store: sa.Engine, candidate: Path
) -> None:
    unknown = question("allowed/small_change")
    unknown["budget"] |= {
        "source": "not_known", "spent": "0.00", "forecast": "0.00", "remaining": "50000.00",
    }  # fmt: skip
    record(store, {"x": unknown})
    (before,) = read_records(store)
    lower_the_limit(candidate)
    (newly,) = as_json(run("--bundle", candidate, "--format", "json"))["new_denials"]
    (appears,) = newly["appears"]
    warned = {(w.rule_id, w.subject) for w in before.decision.warnings}
    assert (appears["rule_id"], appears["subject"]) in warned
    assert appears["elsewhere"] == "nothing"


def test_options_make_changes_an_error(store: sa.Engine, candidate: Path) -> None:
    record(store, {"small": question("allowed/small_change")})
    lower_the_limit(candidate)
    assert run("--bundle", candidate).exit_code == 0
    assert run("--bundle", candidate, "--fail-on-new-denials").exit_code == 1
    assert run("--bundle", candidate, "--fail-on-new-allows").exit_code == 0
    assert run("--fail-on-new-denials", "--fail-on-new-allows").exit_code == 0


def test_only_decisions_since_then_and_of_the_gate_are_asked(store: sa.Engine) -> None:
    record(store, {"small": question("allowed/small_change")})
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with store.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER decisions_no_update")
        connection.execute(
            sa.update(decisions.decisions).values(decided_at=datetime(2020, 5, 1, 12, tzinfo=UTC))
        )
    assert as_json(run("--since", "2020-05-01", "--format", "json"))["counts"]["decisions"] == 1
    assert as_json(run("--since", "90d", "--format", "json"))["counts"]["decisions"] == 0
    other = as_json(run("--since", "2020-05-01", "--gate", "dbt", "--format", "json"))
    assert other["counts"]["decisions"] == 0
    assert run("--since", f"{tomorrow:%Y-%m-%dT%H:%M}").exit_code == 2


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (shutil.rmtree, "has no .manifest"),
        (lambda b: (b / WAIVERS).write_text("entries: ["), "does not compile"),
        (lambda b: (b / "finops/lib/x.rego").write_text("package x\n\ny if"), "x.rego:3"),
        (lambda b: shutil.rmtree(b / "finops/deployment"), "has no rules of the gate deployment"),
        (lambda b: (b / "finops/deployment/decision.rego").unlink(), "has no decision on"),
        (lambda b: shutil.rmtree(b / "finops/deployment/rules/regions_allowed"), "regions_allowed"),
        (
            lambda b: (b / "finops/lib/x.rego").write_text(
                'package finops.lib.x\n\ny := http.send({"method": "get", "url": "http://x"})\n'
            ),
            "undefined function http.send",
        ),
    ],
    ids=["no bundle", "data", "module", "no rules", "no gate", "rule not evaluated", "network"],
)  # fmt: skip
def test_bundle_that_cannot_decide_is_an_error(
    store: sa.Engine, candidate: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    record(store, {"small": question("allowed/small_change")})
    spoil(candidate)
    result = run("--bundle", candidate)
    assert result.exit_code == 2
    assert reason in " ".join(result.output.split())


def test_question_on_which_the_bundle_fails_is_told_apart(
    store: sa.Engine, candidate: Path
) -> None:
    record(store, {n: question(f"allowed/{n}") for n in ("small_change", "waived_tags")})
    (candidate / "finops/deployment/rules/regions_allowed/more.rego").write_text(
        "package finops.deployment.rules.regions_allowed\n\n"
        "warn contains {} if 1 / count(input.waivers) > 1\n"
    )
    found = as_json(run("--bundle", candidate, "--format", "json"))
    assert [(u["subject"], u["kind"]) for u in found["undecided"]] == [
        ("small_change", "not_decidable")
    ]


def test_server_of_the_shipped_bundle_is_not_asked(
    store: sa.Engine, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, {"small": question("allowed/small_change")})
    lower_the_limit(candidate)
    monkeypatch.setenv("TOLLGATE_OPA_URL", "http://127.0.0.1:1")
    found = as_json(run("--bundle", candidate, "--format", "json"))
    assert found["counts"]["new_denials"] == 1


def test_markdown_shows_changes_and_obeys_no_name(store: sa.Engine, candidate: Path) -> None:
    record(store, {"@acme/<b>shop</b>|x": question("allowed/small_change")})
    lower_the_limit(candidate)
    result = run("--bundle", candidate, "--format", "markdown")
    assert result.exit_code == 0
    assert result.stdout.startswith(MARKER)
    assert "would have denied 1 of 1" in result.stdout
    assert "17.58 USD" in result.stdout
    assert "<b>" not in result.stdout
    assert "@acme" not in result.stdout


def test_long_list_is_cut_in_a_comment_and_whole_in_json(store: sa.Engine, candidate: Path) -> None:
    record(store, {f"change {n}": question("allowed/small_change") for n in range(130)})
    lower_the_limit(candidate)
    assert len(as_json(run("--bundle", candidate, "--format", "json"))["new_denials"]) == 130
    markdown = run("--bundle", candidate, "--format", "markdown").stdout
    assert "… and 105 more" in markdown
    assert len(markdown) < 20_000


NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("90d", datetime(2026, 8, 28, 12, tzinfo=UTC)),
        ("12h", datetime(2026, 11, 26, tzinfo=UTC)),
        ("2w", datetime(2026, 11, 12, 12, tzinfo=UTC)),
        ("2026-09-01", datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-09-01T02:00+02:00", datetime(2026, 9, 1, tzinfo=UTC)),
    ],
)
def test_span_date_and_time_are_read_as_utc(text: str, start: datetime) -> None:
    assert parse_since(text, NOW) == start


@pytest.mark.parametrize("text", ["", "90", "d", "-3d", "90 days", "2026-13-01", "99999999d"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(ReplayError, match="is no time"):
        parse_since(text, NOW)
