"""`tollgate gate comment` against a server that behaves like GitHub's API for comments."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from orchestration import pull_request_comment
from orchestration.cli.gate import app
from orchestration.pull_request_comment import MAX_CHARACTERS, fitted
from policies.deployment.report.markdown import MARKER

TOKEN = "a-token-of-this-test"
BOT = "github-actions[bot]"
# GitHub's answer to too many writes at once.
SECONDARY_LIMIT = ("POST", 403)
BODY = f"{MARKER}\n### Tollgate: ✅ Allowed\n"


@dataclass
class GitHub:
    """What the server holds, and how it misbehaves."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    # Answers to give instead, first come first served: (method, status).
    failures: list[tuple[str, int]] = field(default_factory=list)
    # A write that is carried out, but answered with 502.
    forgets_to_answer: bool = False
    login: str | None = None
    writable: bool = True
    url: str = ""

    def add(self, login: str | None, body: str) -> dict[str, Any]:
        number = len(self.comments) + 1
        user = None if login is None else {"login": login}
        comment = {"id": number, "user": user, "body": body, "html_url": f"https://x/{number}"}
        self.comments.append(comment)
        return comment

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        self.calls.append((method, path))
        for failure in self.failures:
            if failure[0] == method:
                self.failures.remove(failure)
                limit = {"Retry-After": "1"} if failure == SECONDARY_LIMIT else {}
                return failure[1], {"message": "no"}, limit
        parts = urlsplit(path)
        if parts.path == "/user":
            return (200, {"login": self.login}, {}) if self.login else (403, {}, {})
        if method == "GET":
            return self.page(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})
        return self.write(method, parts.path, body)

    def write(self, method: str, path: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        if not self.writable:
            return 403, {"message": "Resource not accessible by integration"}, {}
        if len(body["body"]) > MAX_CHARACTERS:
            return 422, {"message": "body is too long"}, {}
        match = re.fullmatch(r"/repos/acme/shop/issues/comments/(\d+)", path)
        written = next((c for c in self.comments if match and c["id"] == int(match[1])), None)
        if method == "POST" and path == "/repos/acme/shop/issues/7/comments":
            written = self.add(self.login or BOT, "")
        if written is None:
            return 404, {}, {}
        written["body"] = body["body"]
        if self.forgets_to_answer:
            self.forgets_to_answer = False
            return 502, {}, {}
        return (201 if method == "POST" else 200), written, {}

    def page(self, path: str, query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        if path != "/repos/acme/shop/issues/7/comments":
            return 404, {}, {}
        size, number = int(query["per_page"]), int(query["page"])
        start = (number - 1) * size
        links = {}
        if start + size < len(self.comments):
            links["Link"] = f'<http://127.0.0.1:9/evil?page={number + 1}>; rel="next"'
        return 200, self.comments[start : start + size], links


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            refused: tuple[int, Any, dict[str, str]] = (401, {}, {})
            status, found, headers = refused
            if self.headers.get("Authorization") == f"Bearer {TOKEN}":
                status, found, headers = state.answer(self.command, self.path, body)
            data = json.dumps(found).encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(data))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = handle_any

        def log_message(self, *arguments: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("GITHUB_API_URL", state.url)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/shop")
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setattr(pull_request_comment, "PAUSES", (0.0, 0.0))
    yield state
    server.shutdown()
    server.server_close()


def comment(tmp_path: Path, body: str = BODY, *arguments: str) -> Result:
    file = tmp_path / "gate.md"
    file.write_text(body)
    return CliRunner().invoke(app, ["comment", str(file), "--pull-request", "7", *arguments])


def test_first_run_writes_one_comment_and_later_runs_update_it(
    github: GitHub, tmp_path: Path
) -> None:
    assert comment(tmp_path).exit_code == 0
    assert comment(tmp_path, BODY.replace("✅ Allowed", "❌ Denied")).exit_code == 0
    assert [c["body"] for c in github.comments] == [BODY.replace("✅ Allowed", "❌ Denied")]


def test_own_comment_is_found_behind_pages_of_others(github: GitHub, tmp_path: Path) -> None:
    for number in range(230):
        github.add("maria", f"comment {number}")
    own = github.add(BOT, f"{MARKER}\nold")
    github.add("maria", "thanks")
    assert comment(tmp_path).exit_code == 0
    assert own["body"] == BODY
    assert len(github.comments) == 232


@pytest.mark.parametrize(
    ("login", "body"),
    [
        ("mallory", f"{MARKER}\nnot ours"),
        (None, f"{MARKER}\nof a deleted account"),
        (BOT, f"> {MARKER}\nanother action quotes us"),
        (BOT, "<!-- tollgate:dbt -->\nour other gate"),
    ],
)
def test_comment_of_somebody_else_is_never_edited(
    github: GitHub, tmp_path: Path, login: str | None, body: str
) -> None:
    github.add(login, body)
    assert comment(tmp_path).exit_code == 0
    assert [c["body"] for c in github.comments] == [body, BODY]


def test_token_of_a_person_updates_that_persons_comment(github: GitHub, tmp_path: Path) -> None:
    github.login = "Ann"
    github.add(BOT, f"{MARKER}\nof the workflow")
    own = github.add("ann", f"{MARKER}\nold")
    assert comment(tmp_path).exit_code == 0
    assert own["body"] == BODY
    assert github.comments[0]["body"] == f"{MARKER}\nof the workflow"


def test_author_can_be_named(github: GitHub, tmp_path: Path) -> None:
    own = github.add("finops[bot]", f"{MARKER}\nold")
    assert comment(tmp_path, BODY, "--author", "finops[bot]").exit_code == 0
    assert own["body"] == BODY
    assert ("GET", "/user") not in github.calls


def test_write_whose_answer_is_lost_leaves_one_comment(github: GitHub, tmp_path: Path) -> None:
    github.forgets_to_answer = True
    assert comment(tmp_path).exit_code == 0
    assert [c["body"] for c in github.comments] == [BODY]


@pytest.mark.parametrize(
    "failure", [("GET", 500), ("GET", 503), ("POST", 502), ("POST", 429), SECONDARY_LIMIT]
)
def test_failure_that_passes_is_tried_again(
    github: GitHub, tmp_path: Path, failure: tuple[str, int]
) -> None:
    github.failures = [failure]
    assert comment(tmp_path).exit_code == 0
    assert len(github.comments) == 1


def test_comment_deleted_meanwhile_is_written_anew(github: GitHub, tmp_path: Path) -> None:
    github.add(BOT, f"{MARKER}\nold")
    github.failures = [("PATCH", 404)]
    assert comment(tmp_path).exit_code == 0
    assert github.comments[0]["body"] == BODY


def test_failure_that_lasts_exits_2_after_a_few_tries(github: GitHub, tmp_path: Path) -> None:
    github.failures = [("GET", 503)] * 9
    result = comment(tmp_path)
    assert result.exit_code == 2
    assert "GitHub did not answer (status 503)" in result.stderr
    assert len(github.calls) == 3


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(("GET", 401), "not valid"), (("POST", 422), "does not take"), (("POST", 307), "status 307")],
)
def test_refusal_exits_2_with_what_to_do_and_without_the_token(
    github: GitHub, tmp_path: Path, failure: tuple[str, int], reason: str
) -> None:
    github.failures = [failure]
    result = comment(tmp_path)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert TOKEN not in result.output


def test_unreachable_github_exits_2(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    result = comment(tmp_path)
    assert result.exit_code == 2
    assert "GitHub did not answer" in result.stderr


@pytest.mark.parametrize("token", ["", TOKEN])
def test_on_a_fork_the_answer_is_in_the_jobs_summary(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    github.writable = False
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_TOKEN", token)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = comment(tmp_path)
    assert result.exit_code == 0
    assert "no comment, since" in result.stdout
    assert summary.read_text() == f"before\n{BODY}\n"
    assert github.comments == []


def test_netrc_does_not_replace_the_token(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert comment(tmp_path).exit_code == 0


def test_long_answer_is_cut_after_a_whole_line(github: GitHub, tmp_path: Path) -> None:
    row = "| 🙂 a row of a table |\n"
    body = BODY + "<details><summary>Estimate</summary>\n\n" + row * 9_000 + "</details>\n"
    assert comment(tmp_path, body).exit_code == 0
    (written,) = github.comments
    text = written["body"]
    assert len(text.encode("utf-16-le")) // 2 <= MAX_CHARACTERS
    head, _, note = text.partition("\n\n</details>")
    assert "cut here" in note
    assert f"{head}\n".removeprefix(body[: body.index("|")]).replace(row, "") == ""
    assert fitted(BODY) == BODY


@pytest.mark.parametrize("body", ["### Allowed\n", "<!-- other -->\n", ""])
def test_file_without_our_marker_is_refused(github: GitHub, tmp_path: Path, body: str) -> None:
    result = comment(tmp_path, body)
    assert result.exit_code == 2
    assert "marker of Tollgate" in " ".join(result.stderr.split())
    assert github.calls == []


def test_repository_must_be_known(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/shop/../../other")
    assert comment(tmp_path).exit_code == 2
    assert github.calls == []
