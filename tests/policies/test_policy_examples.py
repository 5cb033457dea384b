"""Every example under policies/examples is decided as its folder says, by the rules it names."""

import json
from pathlib import Path

import pytest

from policies.engine import PolicyEngine

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"
GATES = ("capacity", "dbt", "deployment", "remediation")


@pytest.mark.parametrize("gate", GATES)
def test_examples_are_decided_as_their_folder_says(engine: PolicyEngine, gate: str) -> None:
    files = sorted((EXAMPLES / gate).glob("*ed/*.json"))
    examples = [json.loads(file.read_text()) for file in files]
    answers = engine.decide_many(gate, [example["input"] for example in examples])
    for file, example, answer in zip(files, examples, answers, strict=True):
        assert answer.allow == (file.parent.name == "allowed"), (file.name, answer.denials)
        denied_by = sorted({denial.rule_id for denial in answer.denials})
        assert denied_by == example["denied_by"], file.name


@pytest.mark.parametrize("gate", GATES)
def test_every_rule_has_an_example_that_it_denies(gate: str) -> None:
    rules = {p.name for p in (EXAMPLES.parent / "rego/finops" / gate / "rules").iterdir()}
    examples = [json.loads(p.read_text()) for p in (EXAMPLES / gate / "denied").iterdir()]
    shown = {rule.split(".")[1] for example in examples for rule in example["denied_by"]}
    # These hold for whatever passes the schema and our own estimator; their tests are beside them.
    assert rules - shown <= {"estimate_sound", "act_described"}
