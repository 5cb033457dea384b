"""`conftest test` on a question says what the gate says, never that there is nothing to test."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from policies.bundle import BUNDLE
from policies.provision import GO_SECONDS, tools_dir

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"
CONFTEST = "github.com/open-policy-agent/conftest@v0.71.1"
NOT_HERE = "no conftest: put it on PATH, or install Go so that it can be built (some minutes, once)"


@pytest.fixture(scope="module")
def conftest() -> Path:
    """On PATH, else built before into the tools, else built by go install."""
    folder = tools_dir(os.environ) / "bin"
    path = os.pathsep.join((os.environ.get("PATH", ""), str(folder)))
    if shutil.which("conftest", path=path) is None and shutil.which("go"):
        environment = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
        environment.pop("GOFLAGS", None)
        subprocess.run(
            ["go", "install", "-trimpath", CONFTEST],
            cwd=folder, env=environment, timeout=GO_SECONDS, check=True,
        )  # fmt: skip
    found = shutil.which("conftest", path=path)
    assert found, NOT_HERE
    return Path(found)


def judged(conftest: Path, folder: Path, content: Any, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what conftest says of a file with this content."""
    file = folder / "question.json"
    file.write_text(json.dumps(content))
    command = [str(conftest), "test", "--policy", str(BUNDLE), *options, "--output", "json"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    (result,) = json.loads(done.stdout)
    return done.returncode, result


@pytest.mark.parametrize(
    "example", sorted(EXAMPLES.glob("*/*ed/*.json")), ids=lambda p: f"{p.parts[-3]}-{p.stem}"
)
def test_every_example_is_judged_as_its_gate_does(
    conftest: Path, tmp_path: Path, example: Path
) -> None:
    known = json.loads(example.read_text())
    code, result = judged(conftest, tmp_path, known["input"], "--data", str(BUNDLE))
    failed = {found["msg"].split(":")[0] for found in result.get("failures", [])}
    assert failed == set(known["denied_by"])
    assert code == (1 if known["denied_by"] else 0)


def test_without_its_configuration_the_bundle_denies(conftest: Path, tmp_path: Path) -> None:
    allowed = json.loads((EXAMPLES / "deployment/allowed/small_change.json").read_text())["input"]
    code, result = judged(conftest, tmp_path, allowed)
    assert code == 1 and result["failures"]


def test_what_is_no_question_fails(conftest: Path, tmp_path: Path) -> None:
    plan = json.loads((EXAMPLES / "deployment/plans/create.json").read_text())
    contents: list[dict[str, Any]] = [{}, plan, {"question": {}}]
    for content in contents:
        code, result = judged(conftest, tmp_path, content, "--data", str(BUNDLE))
        assert code == 1
        assert "No gate allows this" in result["failures"][0]["msg"]
