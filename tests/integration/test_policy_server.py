"""A real OPA server decides as the program does, if it can show that it holds our bundle."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from policies.bundle import BUNDLE
from policies.checks import opa_program
from policies.engine import PolicyEngine, open_engine
from policies.opa import OpaProgram, OpaServer

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"
Start = Callable[[Path], str]


@pytest.fixture(scope="module")
def opa() -> Path:
    return opa_program()


@pytest.fixture
def question() -> dict[str, Any]:
    file = EXAMPLES / "remediation" / "allowed" / "reversible_in_development.json"
    found: dict[str, Any] = json.loads(file.read_text())["input"]
    return found


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLE, tmp_path / "rego"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(opa: Path) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def run(bundle: Path) -> str:
            port = free_port()
            server = subprocess.Popen(
                [opa, "run", "--server", "--skip-version-check", "--log-level", "error",
                 "--addr", f"127.0.0.1:{port}", "--watch", "--bundle", bundle],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(server.wait)
            stack.callback(server.kill)
            url = f"http://127.0.0.1:{port}"
            for _ in range(200):
                with contextlib.suppress(requests.ConnectionError):
                    if requests.get(f"{url}/health", timeout=5).ok:
                        return url
                time.sleep(0.05)
            raise AssertionError("the OPA server did not start")

        yield run


def test_server_decides_as_the_program_does(opa: Path, start: Start) -> None:
    server, alone = PolicyEngine(OpaServer(start(BUNDLE))), PolicyEngine(OpaProgram(opa))
    for gate in ("deployment", "remediation"):
        files = sorted((EXAMPLES / gate).glob("*ed/*.json"))
        questions = [json.loads(file.read_text())["input"] for file in files]
        pairs = zip(
            server.decide_many(gate, questions), alone.decide_many(gate, questions), strict=True
        )
        for there, here in pairs:
            assert (there.allow, there.denials, there.waived) == (
                here.allow, here.denials, here.waived,
            )  # fmt: skip


def test_server_named_by_the_environment_is_used(
    start: Start, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_OPA_URL", start(BUNDLE))
    engine = open_engine()
    assert isinstance(engine.opa, OpaServer)
    assert engine.decide("remediation", question).allow


CHANGES: dict[str, Callable[[Path], object]] = {
    "a rule without its teeth": lambda b: edit(
        b / "finops/remediation/rules/run_limits/run_limits.rego", "not within(name)", "false"
    ),
    "a higher limit": lambda b: edit(
        b / "finops/config/remediation/data.yaml", "actions_per_run: 10", "actions_per_run: 999"
    ),
    "a waiver of its own": lambda b: edit(
        b / "finops/waivers/data.yaml", "entries: []", "entries: [{waiver_id: W}]"
    ),
    "one rule less": lambda b: shutil.rmtree(b / "finops/remediation/rules/saving_sound"),
    "one module more": lambda b: (b / "finops/lib/extra.rego").write_text(
        "package finops.lib.gate\n\nwaivers contains {}\n"
    ),
    "one package more": lambda b: (b / "finops/remediation/extra.rego").write_text(
        "package finops.remediation.extra\n\nlenient := true\n"
    ),
}


def edit(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize("change", CHANGES)
def test_server_that_holds_other_policies_is_not_believed(
    start: Start, question: dict[str, Any], bundle: Path, change: str
) -> None:
    CHANGES[change](bundle)
    decision = PolicyEngine(OpaServer(start(bundle))).decide("remediation", question)
    assert not decision.allow
    assert [denial.rule_id for denial in decision.denials] == ["engine.other_bundle"]


def held(url: str) -> tuple[set[str], list[Any]]:
    """What the server holds now: modules, which it lists in any order, and data."""

    def result(part: str) -> Any:
        return requests.get(f"{url}/v1/{part}", timeout=5).json()["result"]

    modules = {module["raw"] for module in result("policies")}
    return modules, [result("data/finops/config"), result("data/finops/waivers")]


def listed(opa: OpaServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The list that the server's policies are noted on, each time that they are fetched."""
    fetched: list[str] = []
    get = requests.Session.request

    def noted(session: requests.Session, method: str, url: str, **rest: Any) -> requests.Response:
        if url == f"{opa.url}/v1/policies":
            fetched.append(method)
        return get(session, method, url, **rest)

    monkeypatch.setattr(requests.Session, "request", noted)
    return fetched


def test_policies_that_stay_are_compared_once(
    start: Start, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = OpaServer(start(BUNDLE))
    fetched = listed(server, monkeypatch)
    engine = PolicyEngine(server)
    assert all(engine.decide("remediation", question).allow for _ in range(3))
    assert fetched == ["GET"]


@pytest.mark.parametrize("change", CHANGES)
def test_server_whose_policies_change_after_they_were_compared_is_not_believed(
    start: Start, question: dict[str, Any], bundle: Path, change: str
) -> None:
    url = start(bundle)
    engine = PolicyEngine(OpaServer(url))
    assert engine.decide("remediation", question).allow
    before = held(url)
    CHANGES[change](bundle)
    deadline = time.monotonic() + 20
    while held(url) == before:
        assert time.monotonic() < deadline, "the server did not load what was changed"
        time.sleep(0.05)
    decision = engine.decide("remediation", question)
    assert [denial.rule_id for denial in decision.denials] == ["engine.other_bundle"]


def test_data_written_into_the_server_after_it_was_compared_is_seen(
    start: Start, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = OpaServer(start(BUNDLE))
    fetched = listed(server, monkeypatch)
    engine = PolicyEngine(server)
    assert engine.decide("remediation", question).allow
    requests.put(f"{server.url}/v1/data/elsewhere", json={"a": 1}, timeout=5).raise_for_status()
    assert engine.decide("remediation", question).allow
    assert fetched == ["GET", "GET"]


def test_server_without_policies_is_not_believed(
    start: Start, question: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "data.json").write_text("{}")
    decision = PolicyEngine(OpaServer(start(tmp_path))).decide("remediation", question)
    assert [denial.rule_id for denial in decision.denials] == ["engine.other_bundle"]


def test_server_that_is_gone_or_hangs_is_a_denial(question: dict[str, Any]) -> None:
    gone = OpaServer(f"http://127.0.0.1:{free_port()}")
    decision = PolicyEngine(gone).decide("remediation", question)
    assert [denial.rule_id for denial in decision.denials] == ["engine.unavailable"]
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        hanging = OpaServer(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.5)
        decision = PolicyEngine(hanging).decide("remediation", question)
    assert [denial.rule_id for denial in decision.denials] == ["engine.timeout"]
