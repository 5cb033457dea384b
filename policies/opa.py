"""OPA itself, as a program or as a server: put a question, get its raw answer or an error.

Belongs here: processes, HTTP and their time limits. Does not belong here: what an answer means
(`engine.py`) and where OPA comes from (`provision.py`).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import requests

from policies.bundle import TESTS, Bundle

# What OPA answers if a decision is not defined for the input.
UNDEFINED = object()
# How often a server that is written to meanwhile is compared and asked again.
ATTEMPTS = 3
_FINOPS, _MAIN = (re.compile(rf"^\s*package\s+{name}\b", re.M) for name in ("finops", "main"))


class OpaError(RuntimeError):
    """OPA gave no usable answer; `kind` says which way, the message why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Opa(Protocol):
    """Something that evaluates a gate's decision on inputs."""

    @property
    def description(self) -> str:
        """Which OPA this is, for people."""

    def evaluate(self, bundle: Bundle, gate: str, inputs: Sequence[Any]) -> list[Any]:
        """One raw answer per input, `UNDEFINED` where there is none; OpaError if it cannot say."""


@dataclass(frozen=True)
class OpaProgram:
    """The `opa` executable: one short process for any number of inputs."""

    path: Path
    version: str = ""
    timeout: float = 20.0

    @property
    def description(self) -> str:
        """The version and the path of the executable."""
        return f"opa {self.version} at {self.path}"

    def __str__(self) -> str:
        return self.description

    def evaluate(self, bundle: Bundle, gate: str, inputs: Sequence[Any]) -> list[Any]:
        """Evaluate all inputs in one process, each for itself."""
        query = (
            "{format_int(i, 10): d | some i, q in input.inputs; "
            f"d := data.finops.{gate}.decision with input as q}}"
        )
        answers = self._run(bundle, query, {"inputs": list(inputs)})
        if not isinstance(answers, dict):
            raise OpaError("garbage", "opa answered something that is not a set of decisions")
        return [answers.get(str(index), UNDEFINED) for index in range(len(inputs))]

    def compile_pure(self, bundle: Bundle) -> None:
        """OpaError unless the bundle compiles, and without built-ins that reach beyond its input.

        For a bundle that is not ours: it must not carry recorded questions over the network.
        """
        able = json.loads(self._call(["capabilities", "--current"]))
        able["builtins"] = [b for b in able["builtins"] if not b.get("nondeterministic")]
        able["allow_net"] = []
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(able, file)
            file.flush()
            command = ["check", "--bundle", str(bundle.root), "--ignore", TESTS]
            self._call([*command, "--capabilities", file.name, "--format", "json"])

    def _run(self, bundle: Bundle, query: str, document: object) -> Any:
        command = ["eval", "--bundle", str(bundle.root), "--ignore", TESTS]
        # A built-in that fails makes its rule undefined; strictly, it fails the whole decision.
        command += ["--stdin-input", "--format", "json", "--strict-builtin-errors", query]
        answer = self._call(command, json.dumps(document, allow_nan=False).encode())
        try:
            (result,) = json.loads(answer)["result"]
            (expression,) = result["expressions"]
            return expression["value"]
        except (ValueError, TypeError, KeyError) as error:
            raise OpaError("garbage", "opa answered something that is not its JSON") from error

    def _call(self, arguments: list[str], text: bytes = b"") -> bytes:
        # Not our environment: OPA_* variables would change how the program works.
        environment = {"PATH": os.defpath, "HOME": tempfile.gettempdir()}
        try:
            done = subprocess.run(
                [str(self.path), *arguments],
                input=text,
                capture_output=True,
                timeout=self.timeout,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OpaError("timeout", f"opa gave no answer within {self.timeout:g} s") from error
        except OSError as error:
            raise OpaError("unavailable", f"{self.path} cannot be run: {error.strerror}") from error
        if done.returncode != 0:
            raise OpaError("failed", f"opa ended with {done.returncode}: {_complaint(done)}")
        return done.stdout


@dataclass(frozen=True)
class OpaServer:
    """A running OPA server; with each answer it must show that it holds our very bundle.

    To list its policies takes the server longer than to decide. So they are compared once, and
    from then on a mark shows that they are still the ones that were compared: a query that nobody
    else asks. OPA keeps queries prepared until anything is written to its store (policies, data, a
    new bundle), and tells in its metrics whether a query was still prepared.
    """

    url: str
    version: str = ""
    timeout: float = 20.0
    token: str | None = None
    # The mark under which a bundle, by its digest, was found to be the server's.
    _marks: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def description(self) -> str:
        """The version and the address of the server."""
        return f"opa server {self.version} at {self.url}"

    def __str__(self) -> str:
        return self.description

    def evaluate(self, bundle: Bundle, gate: str, inputs: Sequence[Any]) -> list[Any]:
        """One request per input, between two looks at the mark of the compared policies."""
        path = f"v1/data/finops/{gate}/decision"
        with requests.Session() as session:
            if self.token:
                session.headers["Authorization"] = f"Bearer {self.token}"
            for _ in range(ATTEMPTS):
                mark = self._marks.get(bundle.sha256)
                if mark is None:
                    mark = uuid.uuid4().hex
                    self._is_prepared(session, mark)
                    self._demand_bundle(session, bundle)
                answers = [self._ask(session, path, question) for question in inputs]
                if self._is_prepared(session, mark):
                    self._marks[bundle.sha256] = mark
                    return answers
                self._marks.pop(bundle.sha256, None)
        raise OpaError("changing", f"the server at {self.url} is written to while it is asked")

    def _is_prepared(self, session: requests.Session, mark: str) -> bool:
        """Whether nothing was written to the server since the mark was last asked for."""
        answer = self._call(session, "POST", f"v1/data/finops/held/{mark}?metrics=true", b"{}")
        metrics = answer.get("metrics")
        return isinstance(metrics, dict) and metrics.get("counter_server_query_cache_hit") == 1

    def _ask(self, session: requests.Session, path: str, question: Any) -> Any:
        body = json.dumps({"input": question}, allow_nan=False).encode()
        answer = self._call(session, "POST", f"{path}?strict-builtin-errors=true", body)
        return answer.get("result", UNDEFINED)

    def _demand_bundle(self, session: requests.Session, bundle: Bundle) -> None:
        held = self._call(session, "GET", "v1/policies").get("result")
        found = {m.get("raw") for m in held if _is_ours(m)} if isinstance(held, list) else set()
        # What conftest reads beside it decides nothing here; the server may have a main of its own.
        ours = {text for text in bundle.modules.values() if not _MAIN.search(text)}
        if found != ours:
            found -= {path.read_text() for path in bundle.root.rglob(TESTS)}
        if found != ours:
            raise self._other("policies", bundle)
        for folder, document in bundle.documents().items():
            if self._call(session, "GET", f"v1/data/{folder}").get("result") != document:
                raise self._other(f"data in {folder}", bundle)

    def _other(self, what: str, bundle: Bundle) -> OpaError:
        return OpaError(
            "other_bundle",
            f"the server at {self.url} holds other {what} than {bundle.root}; load this bundle "
            "there, or unset TOLLGATE_OPA_URL",
        )

    def _call(
        self, session: requests.Session, method: str, path: str, body: bytes | None = None
    ) -> dict[str, Any]:
        address = f"{self.url.rstrip('/')}/{path}"
        try:
            reply = session.request(
                method,
                address,
                data=body,
                timeout=self.timeout,
                allow_redirects=False,
                headers={"Content-Type": "application/json"},
            )
        except requests.Timeout as error:
            raise OpaError(
                "timeout", f"{self.url} gave no answer within {self.timeout:g} s"
            ) from error
        except requests.RequestException as error:
            reason = type(error).__name__
            raise OpaError("unavailable", f"{self.url} cannot be reached ({reason})") from error
        if reply.status_code != requests.codes.ok:
            raise OpaError("failed", f"{self.url} answered {reply.status_code} to {path}")
        try:
            answer = reply.json()
        except ValueError as error:
            raise OpaError("garbage", f"{self.url} answered something that is not JSON") from error
        if not isinstance(answer, dict):
            raise OpaError("garbage", f"{self.url} answered something that is not an object")
        return answer


def _is_ours(module: Any) -> bool:
    raw = module.get("raw") if isinstance(module, dict) else None
    return not isinstance(raw, str) or _FINOPS.search(raw) is not None


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    """The first errors that opa reports, on one line, with their places."""
    for output in (done.stdout, done.stderr):
        try:
            return "; ".join(_placed(error) for error in json.loads(output)["errors"][:2])
        except (ValueError, TypeError, KeyError):
            continue
    text = done.stderr.decode("utf-8", "replace").strip() or "no message"
    return text.splitlines()[0][:300]


def _placed(error: dict[str, Any]) -> str:
    place = error.get("location") or {}
    at = f"{place['file']}:{place['row']}: " if place.get("file") else ""
    return f"{at}{error['message']}"
