"""One answer, written as GitHub's workflow commands: annotations on the lines of the change.

Belongs here: the form of a command. GitHub shows ten errors and ten warnings of a step.
"""

from __future__ import annotations

from policies.deployment.gate import Answer
from policies.deployment.report.findings import subject
from policies.deployment.report.words import clean, inert, parts, reason, sentence
from policies.models import Finding

SHOWN = 10
LEVELS = {"Denied": "error", "Warnings": "warning", "Waived": "notice"}


def to_annotations(answer: Answer) -> str:
    """One command a line; the verdict is the first."""
    decision = answer.decision
    if not decision.decided:
        return _command("error", f"No decision: {reason(decision)}", title="Tollgate")
    verdict = "Allowed" if decision.allow else "Denied"
    counts = f"{len(decision.denials)} denied, {len(decision.warnings)} warnings"
    lines = [_command("notice", f"{verdict}: {counts}, {len(decision.waived)} waived", "Tollgate")]
    for title, findings in parts(decision):
        level = LEVELS[title]
        # The verdict is a notice too.
        shown = SHOWN - (level == "notice")
        lines += [_finding(level, answer, found) for found in findings[:shown]]
    return "".join(lines)


def _finding(level: str, answer: Answer, found: Finding) -> str:
    place = answer.places.of(found.subject)
    return _command(
        level,
        f"{subject(answer, found)}: {sentence(found)}",
        f"Tollgate: {clean(found.rule_id)}",
        file=place.file,
        line=str(place.line),
    )


def _command(level: str, message: str, title: str, **properties: str) -> str:
    written = ",".join(
        f"{name}={_property(value)}" for name, value in {**properties, "title": title}.items()
    )
    return f"::{level} {written}::{_data(message)}\n"


def _data(text: str) -> str:
    """A message as the runner reads it back; `%` first, since the others are written with it."""
    return inert(clean(text)).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
