"""The policy engine's caller: every way in which an answer can be missing or wrong is a denial.

Belongs here: checking the question, asking OPA, checking the answer. Does not belong here: rules
(they are Rego, in the bundle) and the record of decisions (`decisions.py`).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from policies.bundle import Bundle, BundleError, bundle_root, read_bundle
from policies.models import (
    GATES,
    Decision,
    Finding,
    canonical_json,
    engine_finding,
    finding_from,
    sha256,
)
from policies.opa import UNDEFINED, Opa, OpaError
from policies.provision import find_opa

SCHEMAS = Path(__file__).resolve().parent / "schemas"

REMEDIES = {
    "timeout": "Try again; if it lasts, raise the timeout or look at the load of the machine.",
    "unavailable": "Run `python -m policies.provision` to see which OPA is found.",
    "other_bundle": "Load this bundle into the server, or unset TOLLGATE_OPA_URL.",
    "changing": "Try again once nobody loads policies or data into the server.",
    "input_invalid": "Build the question with the same Tollgate version as the policies.",
    "bundle": "Restore policies/rego from the repository, or correct TOLLGATE_POLICIES.",
}
DEFAULT_REMEDY = "Run `opa check --strict policies/rego`, then try again."


@dataclass(frozen=True)
class PolicyEngine:
    """Decides with one OPA and one bundle; make it with `open_engine` unless OPA is given."""

    opa: Opa
    bundle_root: Path = field(default_factory=bundle_root)

    def decide(self, gate: str, question: Mapping[str, Any]) -> Decision:
        """The decision on one question; never raises for what a question holds, it denies."""
        return self.decide_many(gate, [question])[0]

    def decide_many(self, gate: str, questions: Sequence[Mapping[str, Any]]) -> list[Decision]:
        """The decisions on many questions, each for itself, at about the price of one."""
        if gate not in GATES:
            raise ValueError(f"there is no gate {gate!r}; choose one of: {', '.join(GATES)}")
        try:
            bundle = read_bundle(self.bundle_root)
            context = _Context(gate, bundle.sha256, bundle.revision)
        except (BundleError, OSError) as error:
            context = _Context(gate, "", "")
            return [context.refuse("", "bundle", str(error)) for _ in questions]
        return self._answers(bundle, context, questions)

    def _answers(
        self, bundle: Bundle, context: _Context, questions: Sequence[Mapping[str, Any]]
    ) -> list[Decision]:
        answers: dict[int, Decision] = {}
        asked: dict[int, tuple[str, Any]] = {}
        for index, question in enumerate(questions):
            try:
                text = canonical_json(question)
                # Ask exactly what is hashed: a value that JSON changes is changed before.
                plain = json.loads(text)
                _validator(context.gate).validate(plain)
            except jsonschema_rs.ValidationError as error:
                answers[index] = context.refuse(sha256(text), "input_invalid", _where(error))
            except (TypeError, ValueError, RecursionError) as error:
                answers[index] = context.refuse("", "input_invalid", f"not JSON: {error}")
            else:
                asked[index] = (sha256(text), plain)
        raw = self._ask(bundle, context.gate, [plain for _, plain in asked.values()])
        unchanged = _digest_now(self.bundle_root) == context.bundle_sha256
        for (index, (digest, _)), answer in zip(asked.items(), raw, strict=True):
            if unchanged:
                answers[index] = context.read(digest, answer, bundle.rules(context.gate))
            else:
                message = "the bundle changed while it was being asked"
                answers[index] = context.refuse(digest, "bundle", message)
        return [answers[index] for index in range(len(questions))]

    def _ask(self, bundle: Bundle, gate: str, inputs: list[Any]) -> list[Any]:
        """One raw answer or OpaError per input; a question that breaks OPA breaks only itself."""
        if not inputs:
            return []
        try:
            return self.opa.evaluate(bundle, gate, inputs)
        except OpaError as error:
            if len(inputs) == 1 or error.kind != "failed":
                return [error] * len(inputs)
        return [answer for question in inputs for answer in self._ask(bundle, gate, [question])]


@dataclass(frozen=True)
class _Context:
    """What all decisions of one call have in common."""

    gate: str
    bundle_sha256: str
    revision: str

    def read(self, digest: str, answer: object, shipped: frozenset[str]) -> Decision:
        if isinstance(answer, OpaError):
            return self.refuse(digest, answer.kind, str(answer))
        if answer is UNDEFINED:
            return self.refuse(digest, "undefined", "the gate has no decision on this question")
        try:
            allow, found, evaluated = _parts(answer)
        except ValueError as error:
            return self.refuse(digest, "garbage", f"the answer is not a decision: {error}")
        missing = sorted(shipped - set(evaluated))
        if missing or not shipped:
            names = ", ".join(missing) or "all"
            return self.refuse(digest, "rule_missing", f"rules that were not evaluated: {names}")
        if allow != (not found["denials"]):
            return self.refuse(digest, "garbage", "the answer contradicts its own denials")
        return self._decision(digest, allow=allow, evaluated=evaluated, **found)

    def refuse(self, digest: str, kind: str, message: str) -> Decision:
        remedy = REMEDIES.get(kind, DEFAULT_REMEDY)
        denial = engine_finding(self.gate, kind, message, remedy)
        return self._decision(digest, allow=False, denials=(denial,))

    def _decision(
        self,
        digest: str,
        *,
        allow: bool,
        denials: tuple[Finding, ...],
        warnings: tuple[Finding, ...] = (),
        waived: tuple[Finding, ...] = (),
        evaluated: tuple[str, ...] = (),
    ) -> Decision:
        return Decision(
            decision_id=str(uuid.uuid4()),
            gate=self.gate,
            allow=allow,
            denials=denials,
            warnings=warnings,
            waived=waived,
            evaluated=evaluated,
            input_sha256=digest,
            bundle_sha256=self.bundle_sha256,
            revision=self.revision,
        )


def open_engine(timeout: float = 20.0) -> PolicyEngine:
    """An engine on the OPA of this machine, installed first if there is none."""
    return PolicyEngine(opa=find_opa(timeout))


def bundle_sha256(root: Path | None = None) -> str:
    """The digest that decisions of the bundle at `root` carry."""
    return read_bundle(root).sha256


@cache
def _validator(gate: str) -> jsonschema_rs.Draft202012Validator:
    text = (SCHEMAS / f"{gate}.v1.json").read_text(encoding="utf-8")
    # A question may have thousands of resources: the pure Python validator took two seconds.
    return jsonschema_rs.Draft202012Validator(json.loads(text))


def _where(error: jsonschema_rs.ValidationError) -> str:
    """The place and the complaint, without the value: it may be one that must not be shown."""
    place = ".".join(str(step) for step in error.instance_path) or "the question"
    keyword = str(error.schema_path[-1])
    if keyword in {"required", "additionalProperties"}:
        return f"{place}: {error.message}"[:500]
    return f"{place}: does not satisfy {keyword}"


def _digest_now(root: Path) -> str:
    try:
        return read_bundle(root).sha256
    except (BundleError, OSError):
        return ""


def _parts(
    answer: object,
) -> tuple[bool, dict[str, tuple[Finding, ...]], tuple[str, ...]]:
    if not isinstance(answer, dict):
        raise ValueError("it is not an object")
    allow, evaluated = answer.get("allow"), answer.get("evaluated")
    if not isinstance(allow, bool):
        raise ValueError("its allow is not true or false")
    if not isinstance(evaluated, list) or not all(isinstance(name, str) for name in evaluated):
        raise ValueError("its evaluated is not a list of names")
    found: dict[str, tuple[Finding, ...]] = {}
    for part in ("denials", "warnings", "waived"):
        values = answer.get(part)
        if not isinstance(values, list):
            raise ValueError(f"its {part} is not a list")
        found[part] = tuple(finding_from(value) for value in values)
    return allow, found, tuple(evaluated)
