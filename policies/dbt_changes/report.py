"""A decision on a dbt change, for a terminal and for a pull request.

Belongs here: words and layout. The other forms are the deployment report's.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from policies.deployment.gate import Answer
from policies.deployment.report.markdown import (
    findings_markdown,
    foot_markdown,
    head_markdown,
    undecided_markdown,
)
from policies.deployment.report.text import findings_text, verdict_text
from policies.deployment.report.words import clean, code, md, provenance

# Finds our own comment again, so that a new answer replaces the old one.
MARKER = "<!-- tollgate:dbt -->"


def to_text(answer: Answer) -> RenderableType:
    """For a terminal."""
    first = verdict_text(answer.decision, clean(_summary(answer)))
    last = Text(f"\n{provenance(answer.decision)}", style="dim")
    return Group(first, *findings_text(answer), last)


def to_markdown(answer: Answer) -> str:
    """For one comment on a pull request, found again by its hidden marker."""
    if not answer.decision.decided:
        return undecided_markdown(MARKER, answer.decision)
    project = answer.question["project"]["name"]
    lines = [
        *head_markdown(MARKER, answer.decision),
        f"dbt project {code(project)}: {md(_summary(answer))}",
        *findings_markdown(answer),
        *foot_markdown(answer.decision),
    ]
    return "\n".join(lines)


def _summary(answer: Answer) -> str:
    question = answer.question
    tests = [test for model in question["models"] for test in model["tests"]]
    passed = sum(test["status"] == "pass" for test in tests)
    return (
        f"{len(question['models'])} public models, {passed} of {len(tests)} tests on them passed, "
        f"{len(question['breaks'])} promises broken."
    )
