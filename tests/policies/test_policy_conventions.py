"""How the bundle is written: format, METADATA, coverage, negations, required rules."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from policies import checks
from policies.bundle import BUNDLE, TESTS, read_bundle
from policies.models import GATES

RULES = sorted(p for g in GATES for p in (BUNDLE / "finops" / g / "rules").iterdir())


def test_bundle_is_formatted_and_strict_and_knows_its_schemas() -> None:
    assert checks.main([]) == 0


def test_negation_that_does_not_cover_its_expression_is_found(opa: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.rego"
    file.write_text("package bad\n\ndeny if not is_array(input.x)\n\nfine if not deny\n")
    (found,) = checks.hoisted_negations(opa, file)
    assert found.startswith(f"{file}:3:")


def test_every_line_of_every_rule_is_covered_by_its_tests(opa: Path) -> None:
    done = subprocess.run(
        [opa, "test", "--bundle", BUNDLE, "--coverage", "--threshold", "100", "--format", "json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert json.loads(done.stdout)["coverage"] == 100


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.parts[-3]}-{rule.name}")
def test_rule_says_of_itself_all_that_a_denial_needs(opa: Path, rule: Path) -> None:
    gate, name = rule.parts[-3], rule.name
    source = rule / f"{name}.rego"
    assert (rule / f"{name}_test.rego").is_file()
    about, rules = _annotations(opa, source)
    assert about["title"]
    assert about["description"]
    custom = about["custom"]
    assert custom["rule_id"] == f"{gate}.{name}"
    assert custom["severity"] in {"low", "medium", "high", "critical"}
    assert custom["remedy"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", custom["effective_on"])
    assert isinstance(custom["waivable"], bool)
    written = re.findall(r"^(?:deny|warn) contains", source.read_text(), re.M)
    titled = [r for r in rules if r.get("title") and r.get("description")]
    assert len(titled) >= len(written) > 0


def test_packages_are_named_after_their_folders() -> None:
    for file in BUNDLE.rglob("*.rego"):
        if not file.match(TESTS):
            (package,) = re.findall(r"^package (\S+)$", file.read_text(), re.M)
            assert package == ".".join(file.parent.relative_to(BUNDLE).parts), file


@pytest.mark.parametrize("gate", GATES)
def test_every_shipped_rule_is_required(gate: str) -> None:
    bundle = read_bundle()
    required = bundle.document(f"finops/config/{gate}")["required_rules"]
    assert set(required) == bundle.rules(gate)


def _annotations(opa: Path, source: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    done = subprocess.run(
        [opa, "inspect", "--annotations", "--format", "json", BUNDLE],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = [
        entry["annotations"]
        for entry in json.loads(done.stdout)["annotations"]
        if entry["location"]["file"].endswith(source.relative_to(BUNDLE).as_posix())
    ]
    (about,) = [a for a in found if a["scope"] == "package"]
    return about, [a for a in found if a["scope"] == "rule"]
