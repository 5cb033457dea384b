"""Someone new sees from the tree where a thing lives: the tree itself is held to that."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOP_LEVEL = {
    ".ci", ".github", ".gitignore", ".pre-commit-config.yaml", ".regal", ".sqlfluff", "LICENSE",
    "Makefile", "README.md", "actions", "dbt_project", "dbt_project.yml", "docs", "orchestration",
    "policies", "pyproject.toml", "tests", "uv.lock",
}  # fmt: skip
LINE_CAPS = {".py": 400, ".sql": 150, ".rego": 120, ".yml": 400, ".yaml": 400}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_top_level_holds_only_what_the_design_names() -> None:
    assert {path.parts[0] for path in tracked()} <= TOP_LEVEL


@pytest.mark.parametrize("suffix", LINE_CAPS)
def test_files_stay_small_enough_to_read(suffix: str) -> None:
    lengths = {
        path: len((ROOT / path).read_text().splitlines())
        for path in tracked()
        if path.suffix == suffix and "fixtures" not in path.parts
    }
    assert lengths, f"no {suffix} file found: the test looks in the wrong place"
    too_long = {str(path): n for path, n in lengths.items() if n > LINE_CAPS[suffix]}
    assert not too_long


@pytest.mark.parametrize(
    "area", ["policies", "actions", "dbt_project", "orchestration/ingest",
             "orchestration/analytics", "orchestration/demo", "orchestration", "tests"],
)  # fmt: skip
def test_every_area_explains_itself(area: str) -> None:
    assert (ROOT / area / "README.md").is_file()


def test_no_todo_is_left_behind() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    suffixes = {".py", ".sql", ".rego", ".yml", ".md", ".toml"}
    found = [
        f"{path}: {mark}"
        for path in tracked()
        if path.suffix in suffixes and "fixtures" not in path.parts
        for mark in marks
        if mark in (ROOT / path).read_text()
    ]
    assert not found
