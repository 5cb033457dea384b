"""The GitHub action and the pipelines of CI.md: no text of a pull request reaches a shell, and the
steps do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "gate" / "action.yml"
GUIDE = ROOT / "policies" / "deployment" / "CI.md"
PLANS = ROOT / "policies/examples/deployment/plans"


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ACTION.read_text())
    return found


def pipelines() -> list[Any]:
    found = re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return [yaml.safe_load(text) for text in found]


def scripts(value: Any) -> Iterator[str]:
    """Everything that a shell gets to read."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key in {"run", "bash", "script", "after_script"}:
                yield from [member] if isinstance(member, str) else member
            else:
                yield from scripts(member)
    elif isinstance(value, list):
        for member in value:
            yield from scripts(member)


def step(name: str) -> dict[str, Any]:
    (found,) = [s for s in action()["runs"]["steps"] if s["name"] == name]
    return dict(found)


def test_every_script_is_bash_and_reads_its_values_from_the_environment() -> None:
    guide = pipelines()
    assert len(guide) == 3
    found = [*scripts(action()), *(s for pipeline in guide for s in scripts(pipeline))]
    assert len(found) > 10
    for script in found:
        assert "${{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_action_declares_what_it_uses_and_leaves_no_credentials() -> None:
    text = ACTION.read_text()
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(action()["inputs"])
    assert all(i["description"] for i in action()["inputs"].values())
    for used in (s for s in action()["runs"]["steps"] if "uses" in s):
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", used["uses"])
        assert used["with"]["persist-credentials"] is False


def test_nothing_of_the_pull_request_is_unpacked_into_its_checkout() -> None:
    """The folder `.plan` of the checkout, a link to the action's own code, was written through."""
    github = pipelines()[0]
    (unpack,) = [
        s for s in github["jobs"]["gate"]["steps"] if "download-artifact" in s.get("uses", "")
    ]
    assert unpack["with"]["path"].startswith("${{ runner.temp }}/")


def test_only_bases_whose_policies_are_kept_leave_a_check() -> None:
    """A commit was judged by a branch of its author's own; its check then counted for main."""
    github, gitlab, _ = pipelines()
    # YAML 1.1 reads the key `on` as true.
    trigger = github[True]["pull_request"]
    assert trigger["branches"] == ["main"]
    assert "edited" in trigger["types"]
    assert "CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED" in gitlab["tollgate"]["script"][0]


def test_policies_come_from_the_base_branch() -> None:
    checkout = step("Read the policies from the base branch")
    assert checkout["with"]["ref"].startswith("${{ github.base_ref || ")
    assert "head" not in checkout["with"]["ref"]
    script = step("Ask the gate")["run"]
    assert 'TOLLGATE_POLICIES="$GITHUB_WORKSPACE/.tollgate-base/$POLICIES"' in script


def test_only_the_step_that_comments_holds_the_token() -> None:
    holders = [s["name"] for s in action()["runs"]["steps"] if "inputs.token" in str(s)]
    assert holders == ["Comment on the pull request"]


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The environment of a step: a head that has laid traps, and a base with stricter policies."""
    temp, workspace = tmp_path / "temp", tmp_path / "work"
    (temp / "tollgate").mkdir(parents=True)
    (temp / "tollgate" / "environment").symlink_to(Path(sys.executable).parent.parent)
    trap = workspace / ".tools" / "bin" / "opa"
    trap.parent.mkdir(parents=True)
    trap.write_text("#!/bin/sh\nexit 3\n")
    trap.chmod(0o755)
    (workspace / "policies").mkdir()
    (workspace / "policies" / "__init__.py").write_text("raise SystemExit('the head was read')")
    return {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "RUNNER_TEMP": str(temp),
        "GITHUB_WORKSPACE": str(workspace), "GITHUB_OUTPUT": str(tmp_path / "output"),
        "TOLLGATE_HOME": str(temp / "tollgate" / "home"),
        "TOLLGATE_TOOLS": os.environ.get("TOLLGATE_TOOLS") or str(ROOT / ".tools"),
        "CONFIG_DIR": ".", "ENVIRONMENT": "development", "BUDGET": "default", "POLICIES": "",
        "RATES": "", "USAGE": "", "REGION": "", "PRICES": "", "SPENT": "", "FORECAST": "",
        "BUDGET_FILE": "", "PULL_REQUESTS": "",
    }  # fmt: skip


def ask(runner: dict[str, str], **changes: str) -> tuple[dict[str, str], str]:
    """Runs the step that asks; its outputs, and what it printed."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", step("Ask the gate")["run"]],
        cwd=runner["GITHUB_WORKSPACE"], env=runner | changes, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    lines = Path(runner["GITHUB_OUTPUT"]).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines), done.stdout


@pytest.mark.parametrize(
    ("plan", "code", "decision"),
    [("change.json", "0", "allowed"), ("errored.json", "1", "denied"),
     ("state.json", "2", "undecided")],
)  # fmt: skip
def test_step_tells_the_decision_and_leaves_every_report(
    runner: dict[str, str], plan: str, code: str, decision: str
) -> None:
    outputs, log = ask(runner, PLAN=str(PLANS / plan))
    assert (outputs["code"], outputs["decision"]) == (code, decision)
    names = {path.name for path in Path(outputs["reports"]).iterdir()}
    assert names == {"gate.md", "gate.sarif", "gate.xml", "gate.json", "annotations"}
    assert re.search(r"^::(notice|error) title=Tollgate::", log, re.MULTILINE)
    verdict = subprocess.run(
        ["bash", "-c", step("Pass or fail")["run"]], env={"CODE": outputs["code"]}, check=False
    )
    assert str(verdict.returncode) == code


def test_step_that_never_ran_is_a_failure() -> None:
    done = subprocess.run(
        ["bash", "-c", step("Pass or fail")["run"]], env={"CODE": ""}, check=False
    )
    assert done.returncode == 2


def test_policies_of_the_base_branch_decide(runner: dict[str, str]) -> None:
    workspace = Path(runner["GITHUB_WORKSPACE"])
    base = workspace / ".tollgate-base" / "policies" / "rego"
    missing, _ = ask(runner, PLAN=str(PLANS / "change.json"), POLICIES="policies/rego")
    assert missing["decision"] == "undecided"
    shutil.copytree(ROOT / "policies" / "rego", base)
    rules = base / "finops" / "config" / "deployment" / "data.yaml"
    rules.write_text(rules.read_text().replace("required_rules:", "required_rules:\n  - other", 1))
    changed, _ = ask(runner, PLAN=str(PLANS / "change.json"), POLICIES="policies/rego")
    assert changed["decision"] == "denied"


def test_names_of_files_and_environments_are_never_commands(runner: dict[str, str]) -> None:
    workspace = Path(runner["GITHUB_WORKSPACE"])
    name = "--help $(touch owned) `touch owned`; touch owned"
    (workspace / name).write_bytes((PLANS / "change.json").read_bytes())
    named, _ = ask(runner, PLAN=f"{name}\n", ENVIRONMENT="development")
    assert named["decision"] == "allowed"
    elsewhere, _ = ask(runner, PLAN=f"{name}\n", ENVIRONMENT="$(touch owned)")
    assert elsewhere["decision"] == "undecided"
    assert not (workspace / "owned").exists()


def test_facts_of_budget_prices_and_other_pull_requests_reach_the_gate(
    runner: dict[str, str], tmp_path: Path
) -> None:
    others = tmp_path / "others.json"
    request = {"number": "12", "head_sha": "4f0d2c9", "currency": "USD"}
    others.write_text(json.dumps([request | {"monthly_delta": "1.00", "high": "2.00"}]))
    given = {"SPENT": "120", "FORECAST": "130", "PULL_REQUESTS": str(others)}
    outputs, _ = ask(runner, PLAN=str(PLANS / "change.json"), REGION="aws=us-east-1\n", **given)
    question = json.loads((Path(outputs["reports"]) / "gate.json").read_text())["question"]
    assert (question["budget"]["spent"], question["budget"]["forecast"]) == ("120.00", "130.00")
    assert [other["number"] for other in question["pull_requests"]] == ["12"]
    file = tmp_path / "budget.json"
    facts = {"scope": "shop", "monthly_limit": "9", "spent": "1", "forecast": "2"}
    file.write_text(json.dumps(facts | {"currency": "USD"}))
    outputs, _ = ask(runner, PLAN=str(PLANS / "change.json"), BUDGET_FILE=str(file))
    question = json.loads((Path(outputs["reports"]) / "gate.json").read_text())["question"]
    assert question["budget"]["scope"] == "shop"
    missing, _ = ask(runner, PLAN=str(PLANS / "change.json"), PRICES="/nowhere.jsonl\n")
    assert missing["decision"] == "undecided"
