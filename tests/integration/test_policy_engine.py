"""Whatever goes wrong between the question and the answer, the engine denies and says why."""

import json
import shutil
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from policies.bundle import BUNDLE
from policies.checks import opa_program
from policies.engine import PolicyEngine
from policies.opa import OpaProgram

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"


@pytest.fixture(scope="module")
def opa() -> Path:
    return opa_program()


@pytest.fixture
def question() -> dict[str, Any]:
    file = EXAMPLES / "deployment" / "allowed" / "small_change.json"
    found: dict[str, Any] = json.loads(file.read_text())["input"]
    return found


def program(folder: Path, script: str) -> Path:
    path = folder / "opa"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def why(engine: PolicyEngine, question: dict[str, Any]) -> str:
    decision = engine.decide("deployment", question)
    assert not decision.allow
    assert not decision.decided
    return decision.denials[0].rule_id


def answer(**fields: Any) -> str:
    rules = [p.name for p in (BUNDLE / "finops/deployment/rules").iterdir()]
    decision = {
        "allow": True, "denials": [], "warnings": [], "waived": [], "evaluated": rules, **fields,
    }  # fmt: skip
    value = {"0": decision}
    return json.dumps({"result": [{"expressions": [{"value": value}]}]})


def test_sound_question_is_allowed_with_all_its_digests(
    opa: Path, question: dict[str, Any]
) -> None:
    decision = PolicyEngine(OpaProgram(opa)).decide("deployment", question)
    assert decision.allow
    assert decision.decided
    assert len(decision.input_sha256) == len(decision.bundle_sha256) == 64
    assert decision.revision == "1.0.0"
    assert "required_tags" in decision.evaluated


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exec sleep 30", "engine.timeout"),
        ("kill -9 $$", "engine.failed"),
        ("exit 0", "engine.garbage"),
        ("echo '{}'", "engine.garbage"),
        ("echo 'true'", "engine.garbage"),
        ('echo \'{"errors": [{"message": "broken"}]}\'; exit 2', "engine.failed"),
        (
            'echo \'{"result": [{"expressions": [{"value": {}}]}]}\'',
            "engine.undefined",
        ),
        (f"echo '{answer(allow='yes')}'", "engine.garbage"),
        (f"echo '{answer(allow=1)}'", "engine.garbage"),
        (f"echo '{answer(allow=None)}'", "engine.garbage"),
        (f"echo '{answer(evaluated=[])}'", "engine.rule_missing"),
        (f"echo '{answer(evaluated=['required_tags'])}'", "engine.rule_missing"),
        (f"echo '{answer(denials=[{'rule_id': 'x'}])}'", "engine.garbage"),
        (f"echo '{answer(denials='none')}'", "engine.garbage"),
        (f"echo '{answer(allow=False)}'", "engine.garbage"),
    ],
)
def test_opa_that_fails_hangs_or_talks_nonsense_is_a_denial(
    tmp_path: Path, question: dict[str, Any], script: str, reason: str
) -> None:
    # Long enough for a busy machine, except where the time limit is the point.
    timeout = 1 if reason == "engine.timeout" else 20
    opa = program(tmp_path, f"cat >/dev/null\n{script}")
    engine = PolicyEngine(OpaProgram(opa, timeout=timeout))
    assert why(engine, question) == reason


def test_allow_beside_denials_is_a_denial(tmp_path: Path, question: dict[str, Any]) -> None:
    fields = ("rule_id", "severity", "title", "message", "subject", "remedy")
    both = answer(denials=[dict.fromkeys(fields, "x")])
    engine = PolicyEngine(OpaProgram(program(tmp_path, f"cat >/dev/null\necho '{both}'")))
    assert why(engine, question) == "engine.garbage"


def test_missing_program_is_a_denial(tmp_path: Path, question: dict[str, Any]) -> None:
    assert why(PolicyEngine(OpaProgram(tmp_path / "opa")), question) == "engine.unavailable"


@pytest.mark.parametrize(
    "bad",
    [{}, {"schema": "deployment/v1"}, {"x": float("nan")}, {"x": {1, 2}}, {"x": object()}],
    ids=["empty", "partial", "nan", "set", "object"],
)
def test_question_outside_the_schema_is_a_denial(opa: Path, bad: dict[str, Any]) -> None:
    assert why(PolicyEngine(OpaProgram(opa)), bad) == "engine.input_invalid"


def test_schema_complaint_names_the_field_and_not_its_value(
    opa: Path, question: dict[str, Any]
) -> None:
    question["budget"]["spent"] = "hunter2"
    (denial,) = PolicyEngine(OpaProgram(opa)).decide("deployment", question).denials
    assert "budget.spent" in denial.message
    assert "hunter2" not in denial.message


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLE, tmp_path / "rego"))


def test_bundle_that_does_not_compile_is_a_denial(
    opa: Path, bundle: Path, question: dict[str, Any]
) -> None:
    (bundle / "finops/lib/values/values.rego").write_text("package finops.lib.values\n\nx := \n")
    assert why(PolicyEngine(OpaProgram(opa), bundle), question) == "engine.failed"


def test_bundle_without_manifest_or_at_no_place_is_a_denial(
    opa: Path, bundle: Path, question: dict[str, Any]
) -> None:
    (bundle / ".manifest").unlink()
    assert why(PolicyEngine(OpaProgram(opa), bundle), question) == "engine.bundle"
    assert why(PolicyEngine(OpaProgram(opa), bundle / "nowhere"), question) == "engine.bundle"


def test_rule_folder_whose_rule_denies_nothing_at_all_is_missing(
    opa: Path, bundle: Path, question: dict[str, Any]
) -> None:
    rule = bundle / "finops/deployment/rules/empty"
    rule.mkdir()
    (rule / "empty.rego").write_text("package finops.deployment.rules.empty\n\nx := 1\n")
    assert why(PolicyEngine(OpaProgram(opa), bundle), question) == "engine.rule_missing"


def test_removed_rule_that_is_required_is_a_denial(
    opa: Path, bundle: Path, question: dict[str, Any]
) -> None:
    shutil.rmtree(bundle / "finops/deployment/rules/required_tags")
    decision = PolicyEngine(OpaProgram(opa), bundle).decide("deployment", question)
    assert {denial.rule_id for denial in decision.denials} == {"gate.required_rule"}


def test_new_rule_joins_the_gate_without_editing_any_list(
    opa: Path, bundle: Path, question: dict[str, Any]
) -> None:
    rule = bundle / "finops/deployment/rules/closed"
    rule.mkdir()
    (rule / "closed.rego").write_text(
        "package finops.deployment.rules.closed\n\nimport data.finops.lib.finding\n\n"
        'deny contains finding.new(rego.metadata.chain(), {"message": "Closed."})\n'
    )
    decision = PolicyEngine(OpaProgram(opa), bundle).decide("deployment", question)
    assert [denial.message for denial in decision.denials] == ["Closed."]
    assert "closed" in decision.evaluated


def test_changing_the_configuration_changes_the_digest_and_a_test_does_not(bundle: Path) -> None:
    from policies.engine import bundle_sha256  # noqa: PLC0415

    before = bundle_sha256(bundle)
    (bundle / "finops/lib/gate/gate_test.rego").unlink()
    assert bundle_sha256(bundle) == before
    data = bundle / "finops/config/budgets/data.yaml"
    data.write_text(data.read_text().replace("50000.00", "50001.00"))
    assert bundle_sha256(bundle) != before


@pytest.mark.parametrize(
    "name", ["finops/config/budgets/data.yml", "policy.wasm", "patch.json", ".hidden/data.yml"]
)
def test_file_that_the_digest_does_not_cover_is_a_denial(
    opa: Path, bundle: Path, question: dict[str, Any], name: str
) -> None:
    stowaway = bundle / name
    stowaway.parent.mkdir(exist_ok=True)
    stowaway.write_text("scopes: {default: {monthly_limit: '99999999.00'}}\n")
    (denial,) = PolicyEngine(OpaProgram(opa), bundle).decide("deployment", question).denials
    assert denial.rule_id == "engine.bundle"
    assert str(stowaway) in denial.message


def test_built_in_error_denies_the_one_question_that_causes_it(
    opa: Path, bundle: Path, question: dict[str, Any]
) -> None:
    rule = bundle / "finops/deployment/rules/brittle"
    rule.mkdir()
    (rule / "brittle.rego").write_text(
        "package finops.deployment.rules.brittle\n\n"
        'deny contains "x" if to_number(input.environment) == 1\n'
    )
    numeric = {**question, "environment": "7"}
    engine = PolicyEngine(OpaProgram(opa), bundle)
    first, second = engine.decide_many("deployment", [question, numeric])
    assert first.denials[0].rule_id == "engine.failed"
    assert second.decided


def test_gate_that_does_not_exist_is_a_programming_error(opa: Path) -> None:
    with pytest.raises(ValueError, match="choose one of"):
        PolicyEngine(OpaProgram(opa)).decide("catering", {})


def test_thirty_decisions_take_less_than_two_seconds(opa: Path, question: dict[str, Any]) -> None:
    start = time.perf_counter()
    decisions = PolicyEngine(OpaProgram(opa)).decide_many("deployment", [question] * 30)
    assert time.perf_counter() - start < 2
    assert all(decision.allow for decision in decisions)
    assert len({decision.decision_id for decision in decisions}) == 30
