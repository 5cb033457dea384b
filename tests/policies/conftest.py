"""The real OPA, and the examples that it decides on."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.checks import opa_program
from policies.engine import PolicyEngine
from policies.opa import OpaProgram

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"


@pytest.fixture(scope="session")
def opa() -> Path:
    return opa_program()


@pytest.fixture(scope="session")
def engine(opa: Path) -> PolicyEngine:
    return PolicyEngine(opa=OpaProgram(opa, timeout=120))


@pytest.fixture
def example(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(request.param).read_text())
    return found
