"""The demo: the company's bills and the real samples, from the bill to the decided action."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from actions.approvals import approve
from actions.executor import apply_plans
from actions.models import Result, RunReport, Status
from actions.recovery import undo
from actions.reports import planned_actions
from actions.services import Services
from orchestration.budgets import measured_budgets
from orchestration.defs.transform.project import parsed_project
from orchestration.demo.beside import BillsRun, SamplesRun
from orchestration.demo.emulator import emulator
from orchestration.demo.generator import DemoCompany
from orchestration.demo.stopwatch import Stopwatch
from orchestration.ingest.exports import landed_partitions
from orchestration.ingest.landing import land
from orchestration.remediation import open_services
from orchestration.runner import run_everything, run_job
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from policies.deployment.gate import Answer, build_question, decide_deployment
from policies.deployment.plan import read_plan
from policies.engine import open_engine
from policies.store import open_store

# From a month's first moment to well after its close, when the first delivery is received.
CLOSED_AFTER = timedelta(days=38)
# Whoever plans may not approve: the demo plays the second person too.
APPROVER = "demo.approver"
# Where the two pull requests deploy to; its limits are in policies/rego/finops/config.
ENVIRONMENT = "staging"

Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoRun:
    """Everything that the report is written from."""

    settings: Settings
    company: DemoCompany
    truth: dict[str, Any]
    samples: list[dict[str, Any]]
    answers: dict[str, Answer]
    applied: RunReport
    undone: RunReport
    watch: Stopwatch


def run_demo(
    settings: Settings, bills: BillsRun, beside: SamplesRun, watch: Stopwatch, say: Say
) -> DemoRun:
    """Run every stage on the company while the samples run `beside`; safe to repeat and resume."""
    with ThreadPoolExecutor(1) as meanwhile:
        with watch.measure("wait for the company's bills, written meanwhile"):
            parsed = meanwhile.submit(parsed_project, settings)
            company = _settled(settings, bills.result(say))
            truth = json.loads(company.truth.read_text())
        with watch.measure("read the dbt project"):
            parsed.result()
        answers, applied, undone = _run_company(settings, company, watch, say)
        with watch.measure("wait for the real samples, landed and conformed beside"):
            say("the real samples")
            samples = beside.result()
    return DemoRun(settings, company, truth, samples, answers, applied, undone, watch)


def _run_company(
    settings: Settings, company: DemoCompany, watch: Stopwatch, say: Say
) -> tuple[dict[str, Answer], RunReport, RunReport]:
    with _environment(settings.environment()), emulator(company.emulator) as aws, _environment(aws):
        with watch.measure("land the first deliveries"):
            _land_first(settings, company, say)
        with watch.measure("run the job on the company"):
            run_everything(settings, None, None, lambda step, state: say(f"{step}: {state}"))
        with watch.measure("ask the gate about two pull requests"):
            answers = _ask_gate(settings, company)
        with watch.measure("approve, apply and undo"), open_services(settings) as services:
            applied, undone = _act(services)
        with watch.measure("publish decisions and actions"):
            run_job(
                settings,
                "approved_actions",
                config={"platform__action_events": {"config": {"mode": "RECORD"}}},
                on_step=lambda step, state: say(f"{step}: {state}"),
            )
    return answers, applied, undone


def _land_first(settings: Settings, company: DemoCompany, say: Say) -> None:
    """What providers delivered after a month's close; a repeated demo has it in its history."""
    there = {(m.feed, m.export, m.billing_period) for m in landed_partitions(settings.lake)}
    for delivery in company.first_deliveries:
        if (delivery.feed, delivery.export, delivery.period) not in there:
            say(f"first delivery of {delivery.feed} {delivery.period}")
            received = datetime.fromisoformat(f"{delivery.period}-01T00:00:00Z") + CLOSED_AFTER
            land(
                delivery.files,
                delivery.feed,
                delivery.export,
                settings.lake,
                data_as_of=received,
            )


def _settled(settings: Settings, company: DemoCompany) -> DemoCompany:
    """Make the installation the company's: its exports, its fleets, its time."""
    shutil.copyfile(company.exports, settings.exports_file)
    shutil.copyfile(Path(__file__).with_name("capacity.toml"), settings.capacity_file)
    # The company's time is fixed: evidence and budgets are judged by the end of its last day.
    end_of_day = datetime.combine(company.as_of + timedelta(days=1), time(), UTC)
    settings.clock_file.write_text(f"{end_of_day.isoformat()}\n")
    return company


def _ask_gate(settings: Settings, company: DemoCompany) -> dict[str, Answer]:
    budget = measured_budgets(Warehouse(settings), settings.now())["default"]
    engine, store = open_engine(), open_store(settings.ops_url)
    answers = {}
    for name, path in company.plans.items():
        question = build_question(read_plan(path), budget, ENVIRONMENT, now=settings.now())
        answers[name] = decide_deployment(engine, store, question)
    store.dispose()
    return answers


def _act(services: Services) -> tuple[RunReport, RunReport]:
    """Approve the smallest allowed plan of each action, apply them, and take the first one back."""
    waiting = [row for row in planned_actions(services.store) if row["status"] == Status.PLANNED]
    chosen: dict[str, str] = {}
    for plan in sorted(waiting, key=lambda row: row["expected_monthly_saving"]):
        chosen.setdefault(plan["action_id"], plan["plan_id"])
    log = services.journal()
    for plan_id in chosen.values():
        approve(log, plan_id, APPROVER, now=services.clock())
    applied = apply_plans(services, chosen.values(), execute=True)
    done = [found.plan_id for found in applied.outcomes if found.result is Result.APPLIED]
    return applied, undo(services, [plan_id for plan_id in done[:1] if plan_id], execute=True)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while; what was there before comes back."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
