"""The lint of the bundle: format, strict compilation against the schemas, negations that hold, and
no built-in that reaches beyond the question.

Belongs here: checks that read the source. Does not belong here: tests of what the rules decide
(beside each rule, run by `opa test`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from policies.bundle import BUNDLE, TESTS, BundleError, read_bundle
from policies.opa import OpaError
from policies.provision import NoOpaError, find_program

SCHEMAS = Path(__file__).resolve().parent / "schemas"
# What may follow `not` inside a call: anything else is computed before the negation, and if that
# is undefined, the negation is undefined instead of true. Rules would fail to fire, silently.
PLAIN = {"var", "string", "number", "boolean", "null"}


def opa_program() -> Path:
    """The `opa` executable of this machine, whatever server is configured."""
    return find_program().path


def hoisted_negations(opa: Path, file: Path) -> list[str]:
    """The places in a Rego file where a negation does not cover what it seems to."""
    command = [str(opa), "parse", "--format", "json", "--json-include", "locations", str(file)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return [f"{file}:{row}: `not` of a nested expression; give it a rule of its own and negate that"
            for row in _negations(json.loads(done.stdout))]  # fmt: skip


def _negations(node: Any) -> Iterator[int]:
    if isinstance(node, dict):
        if node.get("negated") and not _holds(node["terms"]):
            yield int(node["location"]["row"])
        for inner in node.values():
            yield from _negations(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _negations(inner)


def _holds(terms: Any) -> bool:
    if isinstance(terms, list):
        return all(term["type"] in PLAIN for term in terms[1:])
    if terms["type"] == "ref":
        return bool(terms["value"][0]["type"] == "var")
    return bool(terms["type"] == "var")


def main(arguments: list[str]) -> int:
    """Check the bundle; with `--write`, format it first. 0 if all is well."""
    try:
        program = find_program()
    except NoOpaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    opa = program.path
    if "--write" in arguments:
        return subprocess.run([str(opa), "fmt", "--write", str(BUNDLE)], check=False).returncode
    commands = (
        [str(opa), "fmt", "--list", "--fail", str(BUNDLE)],
        [str(opa), "check", "--strict", "--schema", str(SCHEMAS), str(BUNDLE)],
    )
    failed = [c for c in commands if subprocess.run(c, check=False).returncode != 0]
    files = [file for file in sorted(BUNDLE.rglob("*.rego")) if not file.match(TESTS)]
    found = [place for file in files for place in hoisted_negations(opa, file)]
    try:
        program.compile_pure(read_bundle(BUNDLE))
    except (BundleError, OpaError) as error:
        found.append(str(error))
    sys.stderr.writelines(f"{place}\n" for place in found)
    return 1 if failed or found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
