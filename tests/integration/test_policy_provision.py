"""OPA is found in the documented order, and nothing becomes executable before it is checked."""

import hashlib
import platform
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from policies import provision
from policies.checks import opa_program
from policies.provision import PINNED, NoOpaError, locate, version_of

ASSET = provision.ASSETS[platform.system(), platform.machine()]
NOWHERE = "http://127.0.0.1:9"
Serve = Callable[..., str]


@pytest.fixture(scope="module")
def opa() -> Path:
    return opa_program()


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine with no OPA, no Go and no network."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "empty").mkdir()
    return {
        "PATH": str(tmp_path / "empty"),
        "TOLLGATE_TOOLS": str(tmp_path / "tools"),
        "TOLLGATE_OPA_DOWNLOADS": NOWHERE,
    }


@pytest.fixture
def serve(opa: Path) -> Iterator[Serve]:
    """A mirror of the releases on loopback, honest unless told otherwise."""
    servers: list[ThreadingHTTPServer] = []
    program = opa.read_bytes()

    def start(sha256: str | None = None, cut: int = 0) -> str:
        checksum = sha256 or hashlib.sha256(program).hexdigest()

        class Mirror(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_checksum = self.path.endswith(".sha256")
                body = f"{checksum}  {ASSET}\n".encode() if is_checksum else program
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                downloads.append(self.path)
                self.wfile.write(body if is_checksum else body[: len(body) - cut])

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    downloads.clear()
    yield start
    for server in servers:
        server.shutdown()


downloads: list[str] = []


def installed(env: dict[str, str]) -> list[str]:
    folder = Path(env["TOLLGATE_TOOLS"]) / "bin"
    return sorted(p.name for p in folder.iterdir() if p.name != ".opa.lock")


def test_opa_on_path_is_taken_before_any_installation(env: dict[str, str], opa: Path) -> None:
    found = locate({**env, "PATH": f"{env['PATH']}:{opa.parent}"})
    assert found.path == opa
    assert "on PATH" in str(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo 'Version: 0.68.0'", "wanted is 1.10.0 or newer"),
        ("echo 'Version: 2.0.0'", "of the same major"),
        ("echo 'hello, I am another program'", "does not answer as OPA does"),
        ("exit 1", "does not answer as OPA does"),
    ],
)
def test_program_that_is_not_a_fitting_opa_is_passed_over(
    env: dict[str, str], opa: Path, tmp_path: Path, text: str, reason: str
) -> None:
    script(tmp_path / "other" / "opa", text)
    with pytest.raises(NoOpaError, match=reason):
        locate({**env, "PATH": str(tmp_path / "other")})
    both = {**env, "PATH": f"{tmp_path / 'other'}:{opa.parent}"}
    assert locate(both).path == opa


def test_copy_installed_before_is_used_without_network(env: dict[str, str], opa: Path) -> None:
    copy = Path(env["TOLLGATE_TOOLS"]) / "bin" / "opa"
    copy.parent.mkdir(parents=True)
    copy.symlink_to(opa)
    assert locate(env).how == "installed before"


def test_go_builds_the_pinned_version_where_it_is_present(
    env: dict[str, str], opa: Path, tmp_path: Path
) -> None:
    wanted = f"install -trimpath github.com/open-policy-agent/opa@v{PINNED}"
    script(tmp_path / "go" / "go", f'[ "$*" = "{wanted}" ] && /bin/cp {opa} "$GOBIN/opa"')
    found = locate({**env, "PATH": str(tmp_path / "go")})
    assert found.how == "built by go install"
    assert installed(env) == ["opa"]
    assert locate(env).how == "installed before"


def test_failing_go_is_reported_and_leaves_nothing(env: dict[str, str], tmp_path: Path) -> None:
    script(tmp_path / "go" / "go", "echo 'dial tcp: no route to host' >&2; exit 1")
    with pytest.raises(NoOpaError, match="no route to host"):
        locate({**env, "PATH": str(tmp_path / "go")})
    assert installed(env) == []


def test_release_is_downloaded_and_checked(env: dict[str, str], opa: Path, serve: Serve) -> None:
    found = locate({**env, "TOLLGATE_OPA_DOWNLOADS": serve()})
    assert found.how == "official release"
    assert found.version == version_of(opa)
    assert installed(env) == ["opa"]
    assert downloads == [f"/v{PINNED}/{ASSET}.sha256", f"/v{PINNED}/{ASSET}"]


def test_wrong_checksum_is_refused_and_leaves_nothing(env: dict[str, str], serve: Serve) -> None:
    with pytest.raises(NoOpaError, match="does not have its checksum"):
        locate({**env, "TOLLGATE_OPA_DOWNLOADS": serve(sha256="0" * 64)})
    assert installed(env) == []


def test_checksum_of_ones_own_overrides_the_published_one(
    env: dict[str, str], serve: Serve
) -> None:
    with pytest.raises(NoOpaError, match="does not have its checksum"):
        locate({**env, "TOLLGATE_OPA_DOWNLOADS": serve(), "TOLLGATE_OPA_SHA256": "0" * 64})


def test_checksum_file_without_a_checksum_is_refused(env: dict[str, str], serve: Serve) -> None:
    with pytest.raises(NoOpaError, match="holds no checksum"):
        locate({**env, "TOLLGATE_OPA_DOWNLOADS": serve(sha256="<html>")})


def test_broken_download_leaves_nothing(env: dict[str, str], serve: Serve) -> None:
    with pytest.raises(NoOpaError, match=r"cannot be downloaded|broke off"):
        locate({**env, "TOLLGATE_OPA_DOWNLOADS": serve(cut=1000)})
    assert installed(env) == []


def test_concurrent_installations_download_once(
    env: dict[str, str], opa: Path, serve: Serve
) -> None:
    settings = {**env, "TOLLGATE_OPA_DOWNLOADS": serve()}
    command = [sys.executable, "-m", "policies.provision"]
    root = Path(__file__).parents[2]
    running = [
        subprocess.Popen(command, cwd=root, env=settings, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert all(f"opa {version_of(opa)} at " in output for output in outputs)
    assert len(downloads) == 2
    assert installed(env) == ["opa"]


def test_server_that_is_named_but_does_not_answer_is_an_error_whatever_else_there_is(
    env: dict[str, str], opa: Path
) -> None:
    on_path = {**env, "PATH": str(opa.parent)}
    assert locate(on_path).path == opa
    with pytest.raises(NoOpaError, match="does not answer as OPA does") as caught:
        locate({**on_path, "TOLLGATE_OPA_URL": NOWHERE})
    assert "unset TOLLGATE_OPA_URL" in str(caught.value)
    assert locate({**on_path, "TOLLGATE_OPA_URL": ""}).path == opa


def test_nothing_reachable_tells_what_was_tried_and_what_to_do(
    env: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "policies.provision"],
        cwd=Path(__file__).parents[2], env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    tried = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert [line.split(":")[0] for line in tried[:5]] == [
        "  - OPA server", "  - opa on PATH", "  - opa installed before", "  - go install",
        "  - official release",
    ]  # fmt: skip
    assert "TOLLGATE_OPA_DOWNLOADS" in done.stderr
    assert not shutil.which("opa", path=str(Path(env["TOLLGATE_TOOLS"]) / "bin"))
