"""`make bench`: the deployment gate on plans of 50 and 2,000 resources, with a warm OPA.

A plan is read, priced and decided in this process, as a long-lived caller would; OPA runs as a
server that has loaded the bundle. `evaluation` is OPA's part: question, answer, and the proof that
it holds our bundle; the first of a process compares the whole bundle. p50 and p95 over the runs.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import requests

from policies.bundle import BUNDLE, TESTS, read_bundle
from policies.checks import opa_program
from policies.deployment.budget import configured_budget
from policies.deployment.gate import build_question
from policies.deployment.plan import read_plan
from policies.engine import PolicyEngine
from policies.models import Decision
from policies.opa import OpaServer

# What is asked of the gate; a plan of 50 resources is an ordinary pull request.
LIMITS_S = {50: 0.3, 2000: 3.0}
EVALUATION_LIMITS_S = {50: 0.05}
WHOLE, EVALUATION = "read, priced, decided", "evaluation"
FIRST = "evaluation, first of a process"
RUNS = {50: 30, 2000: 10}
TAGS = {"team": "a", "product": "b", "environment": "staging", "cost_center": "c"}
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("aws_instance", {"instance_type": "m5.large", "root_block_device": [{"volume_size": 50}]}),
    ("aws_ebs_volume", {"type": "gp3", "size": 100, "availability_zone": "eu-west-1a"}),
    ("aws_db_instance", {"engine": "postgres", "instance_class": "db.t3.medium",
                         "allocated_storage": 50, "storage_type": "gp3"}),
    ("aws_lambda_function", {"memory_size": 256, "architectures": ["x86_64"]}),
    ("aws_security_group", {"name": "x"}),
)  # fmt: skip


def large_plan(resources: int) -> dict[str, Any]:
    """A plan of many resources in modules, as `terraform show -json` prints it."""
    changes, planned = [], []
    for number in range(resources):
        kind, values = KINDS[number % len(KINDS)]
        head = {
            "address": f"module.part.{kind}.n{number}",
            "mode": "managed",
            "type": kind,
            "name": f"n{number}",
            "provider_name": "registry.terraform.io/hashicorp/aws",
        }
        after = {**values, "tags": TAGS, "tags_all": TAGS}
        masks = {"after_unknown": {"id": True, "arn": True}, "after_sensitive": {}}
        changes.append(
            {**head, "change": {"actions": ["create"], "before": None, "after": after, **masks}}
        )
        planned.append({**head, "values": after})
    configured = [{"address": str(c["address"]).removeprefix("module.part."), "mode": "managed",
                   "type": c["type"], "name": c["name"], "provider_config_key": "aws",
                   "expressions": {}} for c in changes]  # fmt: skip
    part = {"address": "module.part", "resources": planned}
    provider = {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"child_modules": [part]}},
        "resource_changes": changes,
        "configuration": {
            "provider_config": {"aws": provider},
            "root_module": {"module_calls": {"part": {"module": {"resources": configured}}}},
        },
        "complete": True,
        "errored": False,
    }


@contextmanager
def warm_opa() -> Iterator[str]:
    """The address of an OPA server that holds the bundle."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(opa_program()), "run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level",
               "error", "--ignore", TESTS, "--bundle", str(BUNDLE)]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{url}/health?bundles", timeout=1).ok:
                    break
            except requests.RequestException:
                time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def measure(path: Path, url: str, runs: int) -> dict[str, list[float]]:
    """Seconds of whole runs, and of OPA's part; the first run only warms up."""
    engine = PolicyEngine(opa=OpaServer(url))
    taken: dict[str, list[float]] = {WHOLE: [], EVALUATION: [], FIRST: []}

    def timed(title: str, do: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        answer = do()
        taken[title].append(time.perf_counter() - started)
        return answer

    bundle = read_bundle()
    budget = configured_budget(bundle)

    def decide() -> tuple[dict[str, Any], Decision]:
        question = build_question(read_plan(path), budget, "staging")
        return question, engine.decide("deployment", question)

    for _ in range(runs + 1):
        question, decision = timed(WHOLE, decide)
        if not decision.decided:
            raise RuntimeError(f"no decision: {decision.denials[0].message}")
        for title, opa in ((EVALUATION, engine.opa), (FIRST, OpaServer(url))):
            timed(title, partial(opa.evaluate, bundle, "deployment", [question]))
    return {title: values[1:] for title, values in taken.items()}


def percentile(values: list[float], share: float) -> float:
    """The value that so many of the runs stay below."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def main() -> int:
    """Print p50 and p95; 1 if a limit is missed by the median."""
    missed = 0
    with tempfile.TemporaryDirectory() as folder, warm_opa() as url:
        for resources, limit in LIMITS_S.items():
            path = Path(folder) / f"{resources}.json"
            path.write_text(json.dumps(large_plan(resources)))
            taken = measure(path, url, RUNS[resources])
            for title, values in taken.items():
                middle, high = percentile(values, 0.5), percentile(values, 0.95)
                sys.stdout.write(
                    f"gate, {resources:>5} resources: {title:<30} "
                    f"p50 {middle * 1000:>6.0f} ms   p95 {high * 1000:>6.0f} ms\n"
                )
            missed += statistics.median(taken[WHOLE]) > limit
            asked = statistics.median(taken[EVALUATION])
            missed += asked > EVALUATION_LIMITS_S.get(resources, asked)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
