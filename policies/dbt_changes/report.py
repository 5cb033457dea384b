"""A decision on a dbt change, for a terminal and for a pull request.

Belongs here: words and layout. JSON is the deployment report's: decision and question.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from policies.deployment.gate import Answer
from policies.deployment.report import (
    clean,
    code,
    findings_markdown,
    findings_text,
    md,
    provenance,
)

# Finds our own comment again, so that a new answer replaces the old one.
MARKER = "<!-- tollgate:dbt -->"


def to_text(answer: Answer) -> RenderableType:
    """For a terminal."""
    allowed = answer.decision.allow
    headline = Text(
        "ALLOWED" if allowed else "DENIED", style="bold green" if allowed else "bold red"
    )
    headline.append(f"  {clean(_summary(answer))}", style="default")
    last = Text(f"\n{provenance(answer.decision)}", style="dim")
    return Group(headline, *findings_text(answer.decision), last)


def to_markdown(answer: Answer) -> str:
    """For one comment on a pull request, found again by its hidden marker."""
    verdict = "✅ Allowed" if answer.decision.allow else "❌ Denied"
    project = answer.question["project"]["name"]
    lines = [
        MARKER,
        f"### Tollgate: {verdict}",
        "",
        f"dbt project {code(project)}: {md(_summary(answer))}",
        *findings_markdown(answer.decision),
        "",
        f"<sub>{md(provenance(answer.decision))}</sub>",
        "",
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
