"""Nothing is allowed by absence: each input field in turn removed, null, or of a wrong type."""

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policies.bundle import BUNDLE, TESTS
from policies.engine import PolicyEngine

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"
ALLOWED = sorted(EXAMPLES.glob("*/allowed/*.json"))
Path_ = tuple[str | int, ...]

# What may be gone without harm, and why. Everything else must deny.
HARMLESS = {
    ("remediation", "plan", "parameters"): "kept for the record; the plan hash covers them",
    ("remediation", "evidence", "facts"): "kept for the record; at least one must be there",
    ("remediation", "resource", "tags"): "tags can only forbid; an ordinary one says nothing",
}
# In one example each: the waiver covers every missing tag of its resource; what is deleted
# needs no tags.
HARMLESS_IN: dict[str, set[Path_]] = {
    "waived_tags": {("plan", "resources", 0, "tags")},
    "saving_in_a_used_up_budget": {
        ("plan", "resources", 0, "tags"),
    },
}
# What the rules leave to the schema: texts that only people read, what only matters in another
# case (a way back that exists, an approval that is not needed), and lists that can only excuse.
LEFT_TO_THE_SCHEMA: set[Path_] = {
    ("estimate", "lines", "*", "type"),
    ("estimate", "lines", "*", "note"),
    ("plan", "reversibility", "note"),
    ("approval", "approver"),
    ("approval", "requester"),
    ("approval", "given_at"),
    ("approval", "expires_at"),
    ("approval", "plan_hash"),
    ("plan", "parameters"),
    ("waivers",),
    # Own prices need fresh data whether the card describes itself or not.
    ("facts", "rate_card"),
    ("facts", "freshness", "providers"),
    ("facts", "commitments"),
    ("facts", "price_lists"),
}


def paths(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    entries: Any = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, inner in entries:
        yield (*path, key)
        yield from paths(inner, (*path, key))


def mutations(question: Any) -> Iterator[tuple[str, Path_, Any]]:
    for path in paths(question):
        *above, last = path
        for how in ("removed", "null", "wrong type"):
            changed = copy.deepcopy(question)
            place = changed
            for key in above:
                place = place[key]
            before = place[last]
            if how == "removed":
                del place[last]
            else:
                place[last] = None if how == "null" else wrong(before)
            if changed != question:
                yield how, path, changed


def wrong(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return {str: 12345, int: "many", float: "many", dict: ["x"], list: {"x": "y"}}.get(
        type(value), 12345
    )


def below(path: Path_, prefix: tuple[str | int, ...]) -> bool:
    return len(path) >= len(prefix) and all(
        p in ("*", q) for p, q in zip(prefix, path, strict=False)
    )


def is_harmless(gate: str, file: Path, path: Path_) -> bool:
    inner = any(below((gate, *path), prefix) and len(path) >= 3 for prefix in HARMLESS)
    return inner or any(below(path, prefix) for prefix in HARMLESS_IN.get(file.stem, set()))


@pytest.mark.parametrize("file", ALLOWED, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_nothing_is_allowed_without_each_of_its_fields(engine: PolicyEngine, file: Path) -> None:
    gate = file.parts[-3]
    cases = list(mutations(json.loads(file.read_text())["input"]))
    assert len(cases) > 100
    answers = engine.decide_many(gate, [changed for _, _, changed in cases])
    for (how, path, _), answer in zip(cases, answers, strict=True):
        if answer.allow:
            assert is_harmless(gate, file, path), f"{path} {how} is still allowed"


@pytest.mark.parametrize("file", ALLOWED, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_rules_alone_deny_without_each_field_they_read(opa: Path, file: Path) -> None:
    gate = file.parts[-3]
    cases = list(mutations(json.loads(file.read_text())["input"]))
    allows = plainly_allowed(opa, gate, [changed for _, _, changed in cases])
    for number, (how, path, _) in enumerate(cases):
        if number in allows:
            for_schema = any(below(path, prefix) for prefix in LEFT_TO_THE_SCHEMA)
            assert for_schema or is_harmless(gate, file, path), f"{path} {how} is still allowed"


def plainly_allowed(opa: Path, gate: str, questions: list[Any]) -> set[int]:
    """What OPA allows without our schema, and with built-in errors passed over in silence."""
    query = f"{{i | some i, q in input; data.finops.{gate}.decision.allow with input as q}}"
    command: list[str | Path] = [
        opa,
        "eval",
        "--bundle",
        BUNDLE,
        "--ignore",
        TESTS,
        "--stdin-input",
    ]
    text = json.dumps(questions)
    done = subprocess.run(
        [*command, "--format", "raw", query], input=text, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_batch_and_single_decisions_agree(engine: PolicyEngine) -> None:
    question = json.loads(ALLOWED[0].read_text())["input"]
    cases = [changed for _, _, changed in mutations(question)][::40]
    together = engine.decide_many("deployment", cases)
    for case, answer in zip(cases, together, strict=True):
        alone = engine.decide("deployment", case)
        assert (alone.allow, alone.denials) == (answer.allow, answer.denials)
