"""What the gates' commands share: who asks, and how a command ends.

Belongs here: the facts of the change that CI sets, where answers go, and exit codes by contract.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from orchestration.cli.console import complain
from policies.deployment.gate import Answer, GitFacts, not_asked
from policies.deployment.places import Places
from policies.deployment.report.annotations import to_annotations
from policies.deployment.report.files import (
    FORMS,
    Report,
    ReportError,
    parse_reports,
    write_reports,
)
from policies.deployment.report.json import to_json
from policies.deployment.report.text import rendered
from policies.deployment.report.words import clean, inert, reason
from policies.deployment.waivers import LOCAL

ALLOWED, DENIED, UNDECIDED = 0, 1, 2


class Format(StrEnum):
    """How the decision is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


class GateFormat(StrEnum):
    """How a gate's decision is written to stdout."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    GITHUB = "github"


ReportOption = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORM=FILE",
        help=f"Also written; may be given again: {', '.join(FORMS)}.",
    ),
]


def checkout() -> Path:
    """The folder that files of the change are named from."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())


def real_now() -> datetime:
    """The time that a change is judged by: this machine's, never an installation's shifted clock.

    Who could set the clock would choose which rules are in force and which waivers have ended, and
    the installation's folder may lie in the checkout that is judged.
    """
    return datetime.now(UTC)


def decides(command: Callable[..., None]) -> Callable[..., None]:
    """The command, but whatever breaks in it ends with exit 2: 1 would say that it has denied."""

    @wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except typer.Exit:
            raise
        except KeyboardInterrupt as error:
            raise _no_decision("it was interrupted") from error
        except Exception as error:
            at = extract_tb(error.__traceback__)[-1]
            raise _no_decision(
                f"unexpected {type(error).__name__} in {Path(at.filename).name}:{at.lineno} "
                f"({' '.join(str(error).split())}); report it with what was asked"
            ) from error

    return run


def git_facts() -> GitFacts:
    """From the variables and the event file that GitHub sets; `local` on a laptop."""
    get = os.environ.get
    event = _pull_request_event(get("GITHUB_EVENT_PATH"))
    named = re.fullmatch(r"refs/pull/(\d+)/\w+", get("GITHUB_REF") or "")
    head_sha = get("GITHUB_SHA")
    if get("GITHUB_EVENT_NAME") == "pull_request_target":
        # Its variables are those of the base branch, whose commit is that of no change.
        head_sha = _text_at(event, "head", "sha")
    return GitFacts(
        repository=get("GITHUB_REPOSITORY") or LOCAL,
        base_ref=get("GITHUB_BASE_REF") or LOCAL,
        head_sha=head_sha or LOCAL,
        actor=get("GITHUB_ACTOR") or LOCAL,
        head_ref=get("GITHUB_HEAD_REF") or None,
        pull_request=named[1] if named else _number(event),
        fork=_is_fork(event),
    )


def _pull_request_event(path: str | None) -> Mapping[str, Any]:
    """The pull request of GitHub's event file; empty if there is none that can be read."""
    try:
        event = json.loads(Path(path or "").read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return {}
    request = event.get("pull_request") if isinstance(event, dict) else None
    return request if isinstance(request, dict) else {}


def _number(request: Mapping[str, Any]) -> str | None:
    number = request.get("number")
    return str(number) if type(number) is int else None


def _is_fork(request: Mapping[str, Any]) -> bool | None:
    """Whether the pull request comes from a fork; None if that cannot be read."""
    head, base = (_text_at(request, side, "repo", "full_name") for side in ("head", "base"))
    return head != base if head and base else None


def _text_at(holder: Any, *names: str) -> str | None:
    for name in names:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder if isinstance(holder, str) else None


@dataclass(frozen=True)
class Output:
    """Where the answer of one gate goes: stdout, and the files that are asked for."""

    gate: str
    format: GateFormat
    reports: Sequence[Report]
    to_text: Callable[[Answer], RenderableType]
    to_markdown: Callable[[Answer], str]

    def begin(self) -> None:
        """Replace what an earlier run has left: nobody may take it for this run's answer."""
        unfinished = not_asked(self.gate, "the gate has not finished; see its log")
        write_reports(unfinished, self.reports, self.to_markdown)


def opened(
    gate: str,
    output: GateFormat,
    requests: Sequence[str] | None,
    to_text: Callable[[Answer], RenderableType],
    to_markdown: Callable[[Answer], str],
) -> Output:
    """The outputs that a command was asked for; raises the exit if one cannot be written."""
    try:
        found = Output(gate, output, parse_reports(requests or ()), to_text, to_markdown)
        found.begin()
    except ReportError as error:
        raise _no_decision(str(error)) from error
    return found


def answered(answer: Answer, output: Output) -> typer.Exit:
    """Write the decision everywhere; the exit to raise."""
    try:
        write_reports(answer, output.reports, output.to_markdown)
    except ReportError as error:
        return _no_decision(str(error))
    decided, wanted = answer.decision.decided, output.format
    if wanted is GateFormat.GITHUB:
        sys.stdout.write(to_annotations(answer))
    if not decided:
        return _no_decision(reason(answer.decision))
    if wanted is GateFormat.TEXT:
        sys.stdout.write(rendered(output.to_text(answer)))
    elif wanted is not GateFormat.GITHUB:
        text = to_json(answer) if wanted is GateFormat.JSON else output.to_markdown(answer)
        sys.stdout.write(text.rstrip("\n") + "\n")
    return typer.Exit(ALLOWED if answer.decision.allow else DENIED)


def undecided(why: str, output: Output, places: Places | None = None) -> typer.Exit:
    """Say everywhere why there is no decision; the exit to raise."""
    return answered(not_asked(output.gate, why, places), output)


def _no_decision(why: str) -> typer.Exit:
    complain(f"no decision: {inert(clean(why))}")
    return typer.Exit(UNDECIDED)
