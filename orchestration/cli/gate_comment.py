"""`tollgate gate comment`: a gate's answer as one comment on its pull request.

Belongs here: options, CI's variables, and what happens where nothing may be written.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.console import fail, out
from orchestration.pull_request_comment import (
    CommentError,
    NotAllowedError,
    PullRequest,
    marker_of,
    write_comment,
)

PUBLIC_API = "https://api.github.com"


def comment(
    file: Annotated[Path, typer.Argument(help="What `--report markdown=FILE` has written.")],
    pull_request: Annotated[int, typer.Option(min=1, help="Number of the pull request.")],
    author: Annotated[
        str | None, typer.Option(help="Login that the token writes as, if it cannot tell.")
    ] = None,
) -> None:
    """Write or update the gate's one comment on a pull request. GITHUB_TOKEN must be allowed to;
    where it is not (a fork), the job's summary holds the answer. Exit 0 written, 2 could not."""
    repository = os.environ.get("GITHUB_REPOSITORY") or ""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        fail("GITHUB_REPOSITORY is not set to OWNER/NAME; run this in a workflow, or set it")
    try:
        body = file.read_text(encoding="utf-8")
        marker_of(body)
        token = os.environ.get("GITHUB_TOKEN")
        if not token:
            raise NotAllowedError("there is no GITHUB_TOKEN")
        api = os.environ.get("GITHUB_API_URL") or PUBLIC_API
        written = write_comment(PullRequest(api, repository, pull_request, token, author), body)
        out.print(f"tollgate: comment {written}", markup=False, highlight=False, soft_wrap=True)
    except NotAllowedError as error:
        _summarise(body, str(error))
    except (CommentError, OSError, ValueError) as error:
        fail(str(error))


def _summarise(body: str, why: str) -> None:
    """Into the job's summary, which needs no token."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"{body.rstrip()}\n\n")
    where = (
        "in the job's summary" if summary else "in the log alone: GITHUB_STEP_SUMMARY is not set"
    )
    out.print(
        f"tollgate: no comment, since {why}; the answer is {where}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
