"""Past bills set the interval of a line; its likely value only where the bias is beyond doubt."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.deployment.budget import Budget
from policies.deployment.calibration import (
    Experience,
    Group,
    calibrated,
    read_calibration,
)
from policies.deployment.changes import ResourceChange
from policies.deployment.estimate import estimate
from policies.deployment.estimated import Line
from policies.deployment.gate import Answer, build_question
from policies.deployment.plan import Plan
from policies.deployment.report.markdown import to_markdown
from policies.deployment.sources import open_sources
from policies.engine import SCHEMAS
from policies.models import Decision
from tests.unit.policies.deployment.made_plans import AWS
from tests.unit.policies.deployment.rate_cards import CONTENT, card_file

VOLUMES = Group("aws", "aws_ebs_volume", "own", "plan")
PLENTY = Experience(24, 4, Decimal("1.2"), Decimal("0.9"), Decimal("1.5"), above=20, below=4)
GP3: dict[str, Any] = {"type": "gp3", "size": 100}


def plan(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Plan:
    actions = ("update",) if before and after else ("create",) if after else ("delete",)
    change = ResourceChange(
        "aws_ebs_volume.data", "aws_ebs_volume", AWS, "us-east-1", actions, before, after
    )
    return Plan("1.2", "1.11.4", True, False, (change,))


def line(
    tmp_path: Path, experience: Experience, *sides: dict[str, Any] | None, kind: str = "own"
) -> Line:
    """A line of 7 a month for 100 GB, priced from the card at 0.07 (0.06 to 0.08) a GB."""
    book = open_sources("USD", rates=card_file(tmp_path)).book
    group = VOLUMES._replace(price_source=kind)
    (found,) = calibrated(estimate(plan(*sides), book), {group: experience}).lines
    return found


def amounts(found: Line) -> tuple[str, ...]:
    values = (found.before, found.after, found.low, found.high, found.after_low, found.after_high)
    return tuple(map(str, values))


def test_new_resource_is_corrected_and_bounded_by_past_bills(tmp_path: Path) -> None:
    found = line(tmp_path, PLENTY, None, GP3)
    assert amounts(found) == ("0.00", "8.40", "6.30", "10.50", "6.30", "10.50")
    assert found.note == "calibrated from 24 bills by a factor of 1.2"
    assert found.calibration is not None
    assert (found.calibration["factor"], found.calibration["uncalibrated_after"]) == ("1.2", "7.00")
    # What commitments would make of it is off by the same.
    assert str(found.committed_after) == "6.00"


def test_change_and_removal_are_bounded_by_the_same_ratios(tmp_path: Path) -> None:
    grown = line(tmp_path, PLENTY, GP3, {**GP3, "size": 200})
    assert amounts(grown) == ("8.40", "16.80", "6.30", "10.50", "12.60", "21.00")
    gone = line(tmp_path, PLENTY, GP3, None)
    assert amounts(gone) == ("8.40", "0.00", "-10.50", "-6.30", "0.00", "0.00")
    same = line(tmp_path, PLENTY, GP3, {**GP3, "tags": {"a": "b"}})
    assert amounts(same)[2:4] == ("0.00", "0.00")


@pytest.mark.parametrize(
    "changed",
    [
        {"observations": 19, "above": 15},
        # 16 to 8 is what a fair coin may do.
        {"above": 16, "below": 8},
        {"median": Decimal("1.015")},
        {"median": Decimal("5.5"), "high": Decimal(6)},
    ],
    ids=["too few", "chance", "too near", "a mistake rather than a bias"],
)
def test_likely_value_is_not_corrected_without_proof(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    found = line(tmp_path, replace(PLENTY, **changed), None, GP3)
    assert found.after == Decimal("7.00")
    assert found.note.startswith("calibrated from") and "factor" not in found.note
    assert found.low is not None and found.high is not None
    assert found.low <= Decimal("7.00") <= found.high


@pytest.mark.parametrize("changed", [{"observations": 9, "above": 5}, {"changes": 2}])
def test_few_bills_or_bills_of_few_changes_say_nothing(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    found = line(tmp_path, replace(PLENTY, **changed), None, GP3)
    assert amounts(found) == ("0.00", "7.00", "6.00", "8.00", "6.00", "8.00")
    assert found.calibration is None


def test_experience_with_other_prices_is_none_with_these(tmp_path: Path) -> None:
    assert line(tmp_path, PLENTY, None, GP3, kind="list").calibration is None


@given(
    ratios=st.lists(st.decimals(-1, 4, places=4), min_size=3, max_size=3).map(sorted),
    above=st.integers(0, 40),
    sizes=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
)
def test_interval_always_holds_the_likely_difference(
    ratios: list[Decimal], above: int, sizes: tuple[int, int]
) -> None:
    low, median, high = ratios
    experience = Experience(40, 5, median, low, high, above, 40 - above)
    before, after = ({**GP3, "size": size} for size in sizes)
    sample = VOLUMES._replace(price_source="sample")
    totals = calibrated(estimate(plan(before, after)), {sample: experience}).to_dict()
    assert totals["lines"][0]["calibration"]
    # A cent, since each figure is rounded by itself.
    at_least, delta, at_most = (Decimal(totals[n]) for n in ("low", "monthly_delta", "high"))
    assert at_least - Decimal("0.01") <= delta <= at_most + Decimal("0.01")
    assert Decimal(totals["monthly_after"]) >= 0


ENTRY: dict[str, Any] = {
    **VOLUMES._asdict(), "observations": 24, "changes": 4, "median": "1.2", "low": "0.9",
    "high": "1.5", "above": 20, "below": 4, "bills_until": "2026-09-30",
}  # fmt: skip


def test_card_carries_experience_to_the_question_and_the_report(tmp_path: Path) -> None:
    content = {**CONTENT, "calibration": [ENTRY]}
    path = card_file(tmp_path, content)
    rates = json.loads((SCHEMAS / "rates.v1.json").read_text())
    jsonschema_rs.Draft202012Validator(rates).validate(json.loads(path.read_text()))
    question = build_question(
        plan(None, GP3), Budget("d", "USD", Decimal(9), Decimal(0), Decimal(0), "stated"),
        "staging", now=datetime(2026, 10, 1, tzinfo=UTC), sources=open_sources("USD", rates=path),
    )  # fmt: skip
    schema = json.loads((SCHEMAS / "deployment.v1.json").read_text())
    jsonschema_rs.Draft202012Validator(schema).validate(question)
    totals = question["estimate"]
    assert (totals["monthly_delta"], totals["low"], totals["high"]) == ("8.40", "6.30", "10.50")
    decision = Decision("d-1", "deployment", True, (), (), (), (), "", "", "")
    shown = to_markdown(Answer(question, decision))
    assert "calibrated from 24 bills by a factor of 1" in shown
    assert "Intervals of 1 calibrated from past bills" in shown


@pytest.mark.parametrize(
    "wrong", [{"low": "1.3"}, {"high": "1.1"}, {"above": 21}, {"median": "many"}]
)
def test_experience_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        read_calibration([{**ENTRY, **wrong}])
