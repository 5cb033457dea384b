"""What a waiver says of its end and its place is taken at its word by the whole gate."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.engine import PolicyEngine
from policies.models import Decision

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples" / "deployment"


def decided(engine: PolicyEngine, example: str, **changes: Any) -> Decision:
    question = json.loads((EXAMPLES / f"{example}.json").read_text())["input"]
    question["waivers"] = [
        {
            "waiver_id": "W-1",
            "rule_id": "deployment.required_tags",
            "subject": "aws_instance.web",
            "owner": "maria",
            "reason": "Replaced in December.",
            "expires_at": "2026-12-31T00:00:00Z",
            "max_amount": "5000.00",
            "currency": "USD",
            **changes,
        }
    ]
    answer = engine.decide("deployment", question)
    assert answer.decided, answer.denials
    return answer


@pytest.mark.parametrize("never", ["9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z"])
def test_waiver_without_a_real_end_is_lapsed_and_the_gate_decides(
    engine: PolicyEngine, never: str
) -> None:
    answer = decided(engine, "allowed/waived_tags", expires_at=never)
    (denial,) = answer.denials
    assert denial.rule_id == "deployment.required_tags"
    assert "waiver W-1, since it has ended, or its end is no time." in str(denial.note)


@pytest.mark.parametrize(
    ("named", "allow"),
    [({}, False), ({"repository": "acme/shop"}, True), ({"repository": "acme/other"}, False)],
)
def test_waiver_of_the_budget_holds_in_the_repository_it_names(
    engine: PolicyEngine, named: dict[str, str], allow: bool
) -> None:
    waiver = {"rule_id": "deployment.monthly_budget_delta", "subject": "default", **named}
    answer = decided(engine, "denied/dear_change", **waiver)
    rule = [d for d in answer.denials if d.rule_id == "deployment.monthly_budget_delta"]
    assert (not rule) is allow
