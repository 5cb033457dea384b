"""`tollgate doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable

import typer
from rich.table import Table

from orchestration.cli.console import fail, out
from orchestration.cli.rows import shown
from orchestration.settings import Settings, SettingsError, load_settings

Finding = tuple[bool, str]


def doctor() -> None:
    """Check this installation; exit 1 where something that is needed does not work."""
    checks: dict[str, Callable[[Settings], Finding]] = {
        "Python": _python,
        "state folder": _home,
        "exports": _exports,
        "lake": _lake,
        "arrivals": _arrivals,
        "warehouse": _warehouse,
        "operational store": _store,
        "records": _records,
        "OPA": _opa,
        "policy bundle": _bundle,
        "clock": _clock,
        "AWS endpoint": _aws,
    }
    try:
        settings = load_settings()
    except SettingsError as error:
        fail(str(error), 1)
    table = Table("", "what", "found")
    healthy = True
    for name, check in checks.items():
        try:
            good, text = check(settings)
        except Exception as error:  # noqa: BLE001 (a doctor reports whatever is broken)
            good, text = False, _said(error)
        healthy &= good
        table.add_row("[green]ok[/]" if good else "[red]no[/]", name, shown(text))
    out.print(table)
    raise typer.Exit(0 if healthy else 1)


def _said(error: Exception) -> str:
    """What the error says; its kind too, where it is none of Tollgate's own, which say it all."""
    ours = type(error).__module__.split(".", 1)[0] in ("actions", "orchestration", "policies")
    return str(error) if ours else f"{type(error).__name__}: {error}"


def _python(_: Settings) -> Finding:
    return sys.version_info >= (3, 11), f"{platform.python_version()} at {sys.executable}"


def _home(settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free / 2**30
    return os.access(settings.home, os.W_OK), f"{settings.home}, {free:,.0f} GiB free"


def _exports(settings: Settings) -> Finding:
    from orchestration.ingest.exports import read_exports, unreadable  # noqa: PLC0415

    declared = read_exports(settings.exports_file)
    wrong = [problem for export in declared if (problem := unreadable(export))]
    found = f"{len(declared)} declared in {settings.exports_file.name}, each can be read"
    return not wrong, "\n".join(wrong) or (found if declared else "none declared")


def _lake(settings: Settings) -> Finding:
    from orchestration.ingest.verification import damaged  # noqa: PLC0415
    from orchestration.remediation import lost  # noqa: PLC0415

    landed, wrong = damaged(settings.lake)
    wrong += lost(settings)
    if wrong:
        return False, "\n".join(wrong)
    found = f"{landed} landed partitions, each as it was written"
    return True, found if landed else "empty: run tollgate ingest PATH"


def _arrivals(settings: Settings) -> Finding:
    from orchestration.ingest.silence import silent  # noqa: PLC0415

    found = silent(settings.exports_file, settings.lake, settings.now())
    if found:
        return False, "\n".join(silence.problem for silence in found)
    return True, "no declared export is silent for longer than usual"


def _warehouse(settings: Settings) -> Finding:
    from orchestration.warehouse import Warehouse, WarehouseError  # noqa: PLC0415

    try:
        _, rows = Warehouse(settings).read("select count(*) from focus.fct_focus_charges")
    except WarehouseError as error:
        return not settings.published.exists(), f"{settings.engine}: {error}"
    return True, f"{settings.engine}, {rows[0][0]:,} charges"


def _store(settings: Settings) -> Finding:
    from sqlalchemy import make_url  # noqa: PLC0415

    from policies.store import open_store  # noqa: PLC0415

    open_store(settings.ops_url).dispose()
    return True, make_url(settings.ops_url).render_as_string(hide_password=True)


def _records(settings: Settings) -> Finding:
    from actions import plans, reports  # noqa: PLC0415
    from actions.journal import verify_records  # noqa: PLC0415
    from policies.store import RESTORE, open_store  # noqa: PLC0415

    store = open_store(settings.ops_url)
    try:
        checks = verify_records(store)
        broken = [f"{what} do not verify: {c.problem}" for what, c in checks.items() if not c.ok]
        if broken:
            return False, f"{'; '.join(broken)}: {RESTORE}"
        marked = [row["plan_id"] for row in reports.planned_actions(store) if reports.marked(row)]
    finally:
        store.dispose()
    if marked:
        return False, f"plans not as they were decided on: {', '.join(marked)}; {plans.REMEDY}"
    return True, ", ".join(f"{check.entries:,} {what}" for what, check in checks.items())


def _opa(_: Settings) -> Finding:
    from policies.provision import find_opa  # noqa: PLC0415

    return True, str(find_opa())


def _bundle(_: Settings) -> Finding:
    from policies.bundle import bundle_root  # noqa: PLC0415
    from policies.engine import bundle_sha256  # noqa: PLC0415

    return True, f"sha256 {bundle_sha256()[:16]}… in {bundle_root()}"


def _clock(settings: Settings) -> Finding:
    if not settings.in_the_past:
        return True, "real time"
    return True, f"shifted by {settings.clock_file}: here it is {settings.now():%Y-%m-%d %H:%M} UTC"


def _aws(_: Settings) -> Finding:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return True, endpoint or "none set: actions use the AWS SDK's own chain"
