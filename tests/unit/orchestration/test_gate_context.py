"""Which change asks, from what GitHub sets: variables for most events, the event file for all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli.gate_context import git_facts

REQUEST = {
    "number": 7,
    "head": {"sha": "c0ffee", "repo": {"full_name": "stranger/shop"}},
    "base": {"sha": "ba5e", "repo": {"full_name": "acme/shop"}},
}
Event = Callable[..., None]


@pytest.fixture
def event(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Event:
    """GitHub's variables and its event file, for an event of a name."""

    def set_up(name: str, content: Any, *, ref: str, sha: str = "ba5e") -> None:
        path = tmp_path / "event.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        values = {"EVENT_PATH": str(path), "EVENT_NAME": name, "REF": ref, "SHA": sha}
        for key, value in {**values, "REPOSITORY": "acme/shop", "BASE_REF": "main"}.items():
            monkeypatch.setenv(f"GITHUB_{key}", value)

    return set_up


def test_pull_request_target_names_its_pull_request_and_the_head_commit(event: Event) -> None:
    """Its ref and its commit are the base branch's: each such pull request was taken for no one."""
    event("pull_request_target", {"number": 7, "pull_request": REQUEST}, ref="refs/heads/main")
    facts = git_facts()
    assert (facts.pull_request, facts.head_sha, facts.fork) == ("7", "c0ffee", True)


def test_commit_of_the_base_branch_is_never_that_of_a_pull_request(event: Event) -> None:
    event("pull_request_target", {"pull_request": {"number": 7}}, ref="refs/heads/main")
    assert (git_facts().pull_request, git_facts().head_sha) == ("7", "local")


def test_pull_request_names_itself_in_its_ref_without_any_event_file(
    event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    event("pull_request", "", ref="refs/pull/8/merge", sha="merge")
    monkeypatch.delenv("GITHUB_EVENT_PATH")
    facts = git_facts()
    assert (facts.pull_request, facts.head_sha, facts.fork) == ("8", "merge", None)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "5", "null", {}, {"pull_request": None}, {"pull_request": []},
     {"pull_request": {"number": "7; rm", "head": [], "base": {"repo": None}}},
     {"pull_request": {"number": True}}],
)  # fmt: skip
def test_push_and_a_broken_event_file_name_no_pull_request(event: Event, content: object) -> None:
    event("push", content, ref="refs/heads/main")
    facts = git_facts()
    assert (facts.pull_request, facts.fork, facts.head_sha) == (None, None, "ba5e")
