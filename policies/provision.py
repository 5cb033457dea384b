"""Where OPA comes from: found on this machine, or installed; always the real one.

Belongs here: finding, building, downloading and checking the `opa` executable. Does not belong
here: asking it (`opa.py`). Needs nothing beyond the standard library and requests.

Order: the server named by TOLLGATE_OPA_URL; `opa` on PATH; the copy installed before; `go install`
of the pinned version; the official static release, its checksum verified.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from policies.opa import Opa, OpaProgram

PINNED = "1.22.0"
# The bundle is tested with this version and the pinned one; Rego v1 came with the major version.
MINIMUM = (1, 10, 0)
MODULE = "github.com/open-policy-agent/opa"
RELEASES = "https://github.com/open-policy-agent/opa/releases/download"
# The official static builds, by (system, machine).
ASSETS = {
    ("Linux", "x86_64"): "opa_linux_amd64_static",
    ("Linux", "aarch64"): "opa_linux_arm64_static",
    ("Darwin", "x86_64"): "opa_darwin_amd64",
    ("Darwin", "arm64"): "opa_darwin_arm64_static",
}
GO_SECONDS = 1200
NETWORK_SECONDS = 30

HELP = f"""Do one of these, then try again:
  - put opa {PINNED} on PATH (https://www.openpolicyagent.org/docs#1-download-opa)
  - install Go, and let its module proxy be reached (GOPROXY), so that it can be built
  - set TOLLGATE_OPA_DOWNLOADS to a mirror that has v{PINNED}/<file> and <file>.sha256
  - set TOLLGATE_OPA_URL to an OPA server that holds this repository's policies/rego"""


class Unavailable(RuntimeError):
    """One way to an OPA is closed; the message is the reason."""


class NoOpaError(RuntimeError):
    """No way led to an OPA; the message lists each with its reason, and what to do."""


@dataclass(frozen=True)
class Located:
    """An OPA that was found: an executable (`path`) or a server (`url`)."""

    version: str
    how: str
    path: Path | None = None
    url: str | None = None

    def __str__(self) -> str:
        return f"opa {self.version} at {self.path or self.url} ({self.how})"


def locate(env: Mapping[str, str] | None = None) -> Located:
    """The first OPA in the documented order, installing one if none is there.

    A server that is named but does not answer is an error: whoever names one wants its answers.
    """
    source = dict(os.environ if env is None else env)
    tried: list[str] = []
    for name, way in _WAYS:
        try:
            return way(source)
        except Unavailable as reason:
            if way is _server and source.get("TOLLGATE_OPA_URL"):
                raise NoOpaError(
                    f"the OPA server of TOLLGATE_OPA_URL cannot be used: {reason}; "
                    "start it, correct the address, or unset TOLLGATE_OPA_URL"
                ) from reason
            tried.append(f"  - {name}: {reason}")
    raise NoOpaError("\n".join(["no OPA was found. Tried, in this order:", *tried, HELP]))


def find_opa(timeout: float = 20.0) -> Opa:
    """The OPA that `locate` finds, ready to be asked; NoOpaError if there is none."""
    # Only here: everything else in this module works before the project is installed.
    from policies.opa import OpaServer  # noqa: PLC0415

    if not os.environ.get("TOLLGATE_OPA_URL"):
        return find_program(timeout)
    found = locate()
    token = os.environ.get("TOLLGATE_OPA_TOKEN")
    return OpaServer(str(found.url), found.version, timeout, token)


def find_program(timeout: float = 20.0) -> OpaProgram:
    """The `opa` executable of this machine, whatever server is configured; else NoOpaError."""
    from policies.opa import OpaProgram  # noqa: PLC0415

    found = locate({name: v for name, v in os.environ.items() if name != "TOLLGATE_OPA_URL"})
    if found.path is None:
        raise NoOpaError(f"{found} is no executable")
    return OpaProgram(found.path, found.version, timeout)


def tools_dir(env: Mapping[str, str]) -> Path:
    """`$TOLLGATE_TOOLS`, else `.tools` of the checkout, else the user's cache."""
    if env.get("TOLLGATE_TOOLS"):
        return Path(env["TOLLGATE_TOOLS"]).expanduser().resolve()
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file():
        return checkout / ".tools"
    cache = env.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "tollgate"


def version_of(executable: Path) -> str:
    """The version of a real and new enough `opa`; Unavailable says what is wrong with it."""
    try:
        done = subprocess.run(
            [str(executable), "version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise Unavailable(f"{executable} cannot be run ({type(error).__name__})") from error
    return _acceptable(re.search(r"^Version: (\S+)$", done.stdout, re.M), str(executable))


def _acceptable(match: re.Match[str] | None, what: str) -> str:
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", match[1]) if match else None
    if match is None or numbers is None:
        raise Unavailable(f"{what} does not answer as OPA does")
    found = tuple(int(number) for number in numbers.groups())
    if found < MINIMUM or found[0] != MINIMUM[0]:
        wanted = ".".join(str(number) for number in MINIMUM)
        raise Unavailable(f"{what} is {match[1]}, wanted is {wanted} or newer of the same major")
    return match[1]


def _server(env: Mapping[str, str]) -> Located:
    url = env.get("TOLLGATE_OPA_URL", "").rstrip("/")
    if not url:
        raise Unavailable("TOLLGATE_OPA_URL is not set")
    headers = {}
    if env.get("TOLLGATE_OPA_TOKEN"):
        headers["Authorization"] = f"Bearer {env['TOLLGATE_OPA_TOKEN']}"
    try:
        reply = requests.get(f"{url}/v1/data/system/version", headers=headers, timeout=5)
        version = str(reply.json()["result"]["version"])
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{url} does not answer as OPA does ({type(error).__name__})") from error
    checked = _acceptable(re.match("(.*)", version), url)
    return Located(checked, "named by TOLLGATE_OPA_URL", url=url)


def _on_path(env: Mapping[str, str]) -> Located:
    reasons = []
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("opa", path=folder) if folder else None
        if found:
            try:
                return Located(version_of(Path(found)), "on PATH", path=Path(found))
            except Unavailable as reason:
                reasons.append(str(reason))
    raise Unavailable("; ".join(reasons) or "no opa on PATH")


def _installed(env: Mapping[str, str]) -> Located:
    path = _destination(env)
    if not path.is_file():
        raise Unavailable(f"{path} is not there")
    return Located(version_of(path), "installed before", path=path)


def _built(env: Mapping[str, str]) -> Located:
    go = shutil.which("go", path=env.get("PATH", os.defpath))
    if go is None:
        raise Unavailable("no go on PATH")

    def build(folder: Path) -> Path:
        environment = {**env, "GOBIN": str(folder), "CGO_ENABLED": "0"}
        environment.pop("GOFLAGS", None)
        try:
            done = subprocess.run(
                [go, "install", "-trimpath", f"{MODULE}@v{PINNED}"],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=GO_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"go install did not end ({type(error).__name__})") from error
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise Unavailable(f"go install failed: {lines[-1]}")
        return folder / "opa"

    return _install(env, build, "built by go install")


def _released(env: Mapping[str, str]) -> Located:
    asset = ASSETS.get((platform.system(), platform.machine()))
    if asset is None:
        machine = f"{platform.system()} {platform.machine()}"
        raise Unavailable(f"there is no official static release for {machine}")
    base = (env.get("TOLLGATE_OPA_DOWNLOADS") or RELEASES).rstrip("/")

    def download(folder: Path) -> Path:
        address = f"{base}/v{PINNED}/{asset}"
        wanted = env.get("TOLLGATE_OPA_SHA256") or _fetch(f"{address}.sha256").decode(
            "ascii", "replace"
        )
        digest = re.match(r"\s*([0-9a-fA-F]{64})\b", wanted)
        if digest is None:
            raise Unavailable(f"{address}.sha256 holds no checksum")
        data = _fetch(address)
        if hashlib.sha256(data).hexdigest() != digest[1].lower():
            raise Unavailable(f"{address} does not have its checksum; it was discarded")
        path = folder / "opa"
        path.write_bytes(data)
        path.chmod(0o755)
        return path

    return _install(env, download, "official release")


def _fetch(address: str) -> bytes:
    """The whole body, or Unavailable: a shorter one than announced counts as none."""
    try:
        reply = requests.get(address, timeout=NETWORK_SECONDS)
        reply.raise_for_status()
    except requests.RequestException as error:
        reason = getattr(error.response, "status_code", None) or type(error).__name__
        raise Unavailable(f"{address} cannot be downloaded ({reason})") from error
    announced = reply.headers.get("Content-Length")
    if (
        announced
        and "Content-Encoding" not in reply.headers
        and int(announced) != len(reply.content)
    ):
        raise Unavailable(f"{address} broke off after {len(reply.content)} bytes")
    return reply.content


def _destination(env: Mapping[str, str]) -> Path:
    return tools_dir(env) / "bin" / "opa"


def _install(env: Mapping[str, str], make: Callable[[Path], Path], how: str) -> Located:
    """Make the executable in a folder of its own, check it, and move it into place at once."""
    destination = _destination(env)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with _alone(destination), tempfile.TemporaryDirectory(dir=destination.parent) as folder:
            # Another process may have installed it while this one waited.
            with contextlib.suppress(Unavailable):
                return _installed(env)
            made = make(Path(folder))
            version = version_of(made)
            made.replace(destination)
    except OSError as error:
        raise Unavailable(f"{destination} cannot be written ({error.strerror})") from error
    return Located(version, how, path=destination)


@contextlib.contextmanager
def _alone(destination: Path) -> Iterator[None]:
    """One installer at a time; the lock goes with the process, however it ends."""
    with destination.with_name(".opa.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_WAYS: list[tuple[str, Callable[[Mapping[str, str]], Located]]] = [
    ("OPA server", _server),
    ("opa on PATH", _on_path),
    ("opa installed before", _installed),
    ("go install", _built),
    ("official release", _released),
]


def main() -> int:
    """Report the OPA that is used, installing it if needed; 1 if there is none."""
    try:
        found = locate()
    except NoOpaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
