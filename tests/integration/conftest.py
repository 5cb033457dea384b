"""What several integration tests look at, made once: a build, and the AWS emulator."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.ingest.lake import ensure_contracts
from orchestration.ingest.landing import land
from policies.provision import tools_dir
from tests.integration import postgres_server
from tests.integration.azure_fake import Fake, azure_fake
from tests.integration.dbt_builds import ROOT, Installation
from tests.integration.golden_bills import golden_bills
from tests.integration.servers import server

SAMPLES = ROOT / "tests/fixtures/billing"
_TOOLS = os.pathsep.join((os.environ.get("PATH", ""), str(tools_dir(os.environ) / "bin")))
# The bundle does not need conftest: it is tried with it where that is, or where Go can build it.
collect_ignore = (
    [] if shutil.which("conftest", path=_TOOLS) or shutil.which("go") else ["test_conftest.py"]
)


def pytest_sessionfinish() -> None:
    postgres_server.stop()


@pytest.fixture(scope="session")
def duckdb_build(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Every sample and golden bill landed and built with all tests, unit tests included."""
    home = tmp_path_factory.mktemp("engines")
    installation = Installation(home / "home", {"TOLLGATE_DBT_UNIT_TESTS": "true"})
    ensure_contracts(installation.lake)
    for sample in tomllib.loads((SAMPLES / "samples.toml").read_text())["sample"]:
        land(
            [SAMPLES / sample["path"]], sample["feed"], sample["name"], installation.lake,
            declared=sample.get("set"),
        )  # fmt: skip
    for bill in golden_bills(home / "bills"):
        land([bill.path], bill.feed, bill.export, installation.lake)
    installation.build()
    return installation


@pytest.fixture(scope="session")
def moto_address() -> Iterator[str]:
    """The AWS emulator, as a server of its own."""
    moto = Path(sys.executable).parent / "moto_server"
    # The emulator's hundreds of stock images make every look at snapshots take seconds.
    environment = {**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    with server(lambda port: [moto, "-H", "127.0.0.1", "-p", str(port)], environment) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Azure's hosts, answered for on this machine; signed in as a service."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING", raising=False)
    monkeypatch.delenv("AZURE_AUTHORITY_HOST", raising=False)
    with azure_fake(tmp_path) as fake:
        for name, value in fake.environment.items():
            monkeypatch.setenv(name, value)
        yield fake
