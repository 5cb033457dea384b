"""What the gates' commands share: who asks, and how a command ends.

Belongs here: the facts of the change that CI sets, and exit codes by contract.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console, RenderableType

from policies.deployment.gate import Answer, GitFacts
from policies.deployment.report import to_json

ALLOWED, DENIED, UNDECIDED = 0, 1, 2


class Format(StrEnum):
    """How the decision is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def git_facts() -> GitFacts:
    """From the variables and the event file that GitHub sets; `local` on a laptop."""
    get = os.environ.get
    number = re.fullmatch(r"refs/pull/(\d+)/\w+", get("GITHUB_REF") or "")
    return GitFacts(
        repository=get("GITHUB_REPOSITORY") or "local",
        base_ref=get("GITHUB_BASE_REF") or "local",
        head_sha=get("GITHUB_SHA") or "local",
        actor=get("GITHUB_ACTOR") or "local",
        head_ref=get("GITHUB_HEAD_REF") or None,
        pull_request=number[1] if number else None,
        fork=_is_fork(get("GITHUB_EVENT_PATH")),
    )


def _is_fork(event: str | None) -> bool | None:
    """Whether the event's pull request comes from a fork; None if that cannot be read."""
    try:
        request = json.loads(Path(event or "").read_text(encoding="utf-8"))["pull_request"]
        return bool(request["head"]["repo"]["full_name"] != request["base"]["repo"]["full_name"])
    except (TypeError, ValueError, KeyError, OSError):
        return None


def answered(
    answer: Answer,
    output: Format,
    to_text: Callable[[Answer], RenderableType],
    to_markdown: Callable[[Answer], str],
) -> typer.Exit:
    """Write the decision; the exit to raise."""
    if not answer.decision.decided:
        denial = answer.decision.denials[0]
        return undecided(f"{denial.message}. {denial.remedy}")
    if output is Format.TEXT:
        Console(highlight=False).print(to_text(answer))
    else:
        text = to_json(answer) if output is Format.JSON else to_markdown(answer)
        sys.stdout.write(text.rstrip("\n") + "\n")
    return typer.Exit(ALLOWED if answer.decision.allow else DENIED)


def undecided(reason: str) -> typer.Exit:
    """Say why there is no decision; the exit to raise."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(
        f"tollgate: no decision: {reason}"
    )
    return typer.Exit(UNDECIDED)
