"""The one comment of a gate on a GitHub pull request: written once, then kept up to date.

Belongs here: GitHub's API for comments. Does not belong here: what the comment says
(`policies/deployment/report/markdown.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

# GitHub refuses longer comments.
MAX_CHARACTERS = 65_536
CUT = "\n\n… cut here, since a comment may not be longer; the whole is in the reports of the run.\n"
_MARKER = re.compile(r"<!-- tollgate:[a-z0-9_-]+ -->")

TIMEOUT = 20.0
PAGE = 100
# Whom a workflow's own token writes as; it may not ask for its own name.
WORKFLOW_AUTHOR = "github-actions[bot]"
# Seconds between tries. A whole try is repeated, search included: GitHub may have written the
# comment before it failed to say so.
PAUSES = (1.0, 3.0, 9.0)
_TRY_AGAIN = {429, 500, 502, 503, 504}


class CommentError(RuntimeError):
    """The comment could not be written; the message says why and what to do."""


class NotAllowedError(CommentError):
    """The token may read, not write: so it is for a pull request from a fork."""


class _PassingError(Exception):
    """What may well succeed when tried again."""


@dataclass(frozen=True)
class PullRequest:
    """Where a comment goes, and as whom; `author` None: whoever the token belongs to."""

    api: str
    repository: str
    number: int
    token: str
    author: str | None = None


def marker_of(body: str) -> str:
    """The hidden marker that a comment begins with."""
    match = _MARKER.match(body)
    if match is None:
        raise CommentError(
            "the file does not begin with a marker of Tollgate; "
            "write it with `tollgate gate … --report markdown=FILE`"
        )
    return match[0]


def fitted(body: str) -> str:
    """The comment, cut after a whole line where it is too long for GitHub."""
    if _length(body) <= MAX_CHARACTERS:
        return body
    kept: list[str] = []
    left = MAX_CHARACTERS - _length(CUT) - _length("</details>")
    for line in body.splitlines(keepends=True):
        left -= _length(line)
        if left < 0:
            break
        kept.append(line)
    text = "".join(kept)
    is_open = text.count("<details>") > text.count("</details>")
    return text.rstrip("\n") + ("\n\n</details>" if is_open else "") + CUT


def write_comment(request: PullRequest, body: str) -> str:
    """Write or update the comment; its address. Raises CommentError."""
    marker, text = marker_of(body), fitted(body)
    for pause in (*PAUSES, None):
        try:
            return _Api(request).write(marker, text)
        except _PassingError as error:
            if pause is None:
                raise CommentError(
                    f"GitHub did not answer ({error}); run the step again"
                ) from error
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


class _Bearer(requests.auth.AuthBase):
    """The token as a header; as `auth`, so that no .netrc puts another one in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {self._token}"
        return prepared


class _Api:
    def __init__(self, request: PullRequest) -> None:
        self._request = request
        self._base = request.api.rstrip("/")
        self._session = requests.Session()
        self._session.auth = _Bearer(request.token)
        self._session.headers.update(
            {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        )

    def write(self, marker: str, text: str) -> str:
        repository, number = self._request.repository, self._request.number
        own = self._own(marker)
        if own is None:
            path = f"/repos/{repository}/issues/{number}/comments"
            answer = self._call("POST", path, {"body": text})
        else:
            path = f"/repos/{repository}/issues/comments/{own}"
            answer = self._call("PATCH", path, {"body": text})
        return str(answer.json()["html_url"])

    def _own(self, marker: str) -> int | None:
        """The first comment that we wrote with this marker; others may quote it."""
        author = (self._request.author or self._author()).lower()
        for comment in self._comments():
            # A comment of a deleted account has no user.
            writer = str((comment.get("user") or {}).get("login", "")).lower()
            if writer == author and str(comment.get("body") or "").startswith(marker):
                return int(comment["id"])
        return None

    def _author(self) -> str:
        answer = self._call("GET", "/user", allowed=(403, 404))
        return str(answer.json()["login"]) if answer.ok else WORKFLOW_AUTHOR

    def _comments(self) -> Iterator[dict[str, Any]]:
        path = f"/repos/{self._request.repository}/issues/{self._request.number}/comments"
        page = 1
        while True:
            answer = self._call("GET", f"{path}?per_page={PAGE}&page={page}")
            yield from answer.json()
            # The next page's address is made here: the token goes nowhere else.
            if "next" not in answer.links:
                return
            page += 1

    def _call(
        self, method: str, path: str, body: object = None, allowed: tuple[int, ...] = ()
    ) -> requests.Response:
        try:
            answer = self._session.request(
                method, f"{self._base}{path}", json=body, timeout=TIMEOUT, allow_redirects=False
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _PassingError(type(error).__name__) from error
        except requests.RequestException as error:
            raise CommentError(f"{self._base} cannot be asked: {type(error).__name__}") from error
        if answer.status_code in _TRY_AGAIN or _is_rate_limit(answer):
            raise _PassingError(f"status {answer.status_code}")
        if method == "PATCH" and answer.status_code == 404:
            raise _PassingError("the comment was deleted meanwhile")
        if method != "GET" and answer.status_code == 403:
            raise NotAllowedError("the token may not write comments (status 403)")
        if not 200 <= answer.status_code < 300 and answer.status_code not in allowed:
            raise CommentError(_refused(method, path, answer.status_code))
        return answer


def _is_rate_limit(answer: requests.Response) -> bool:
    spent = answer.headers.get("X-RateLimit-Remaining") == "0"
    return answer.status_code == 403 and (spent or "Retry-After" in answer.headers)


def _refused(method: str, path: str, status: int) -> str:
    remedies = {
        401: "the token is not valid: pass the workflow's own as GITHUB_TOKEN",
        403: "the token may not read pull requests: give it `pull-requests: write`",
        404: "no such pull request, or the token may not see it",
        422: "GitHub does not take the comment",
    }
    remedy = remedies.get(status, "see GitHub's status, or run the step again")
    return f"{method} {path.partition('?')[0]} ended with status {status}: {remedy}"


def _length(text: str) -> int:
    """In UTF-16 units, which is never less than GitHub counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
