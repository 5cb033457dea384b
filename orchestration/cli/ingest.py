"""`tollgate ingest`: land bill files from the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.cli.console import fail
from orchestration.cli.rows import harmless
from orchestration.ingest.discovery import Delivery, deliveries, refuse_two_of_a_month
from orchestration.ingest.errors import IngestError
from orchestration.ingest.fetching import all_fetched
from orchestration.ingest.landing import LandingResult, Progress, check_month, land
from orchestration.ingest.manifest import ControlTotal
from orchestration.ingest.recognition import recognise
from orchestration.ingest.stores import read_address
from orchestration.moments import MomentError, read_moment
from orchestration.settings import SettingsError, load_settings

_STATUS_STYLE = {"landed": "green", "restated": "yellow", "unchanged": "dim"}


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Bill files, folders of them, or addresses: s3://, abfss://, gs://, …",
        ),
    ],
    *,
    feed: Annotated[
        str | None, typer.Option(help="The feed; recognised from the content if left out.")
    ] = None,
    export: Annotated[
        str, typer.Option(help="A name for this stream of bills, one per payer account.")
    ] = "default",
    declared: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="COLUMN=VALUE", help="A value that the files lack."),
    ] = None,
    billing_period: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Land only the rows of this month.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="TIMESTAMP", help="When the delivery was received; now if left out."
        ),
    ] = None,
) -> None:
    """Land bills: AWS CUR, Azure, Google Cloud, FOCUS, OpenCost; CSV, JSON or Parquet."""
    console = Console(emoji=False)
    try:
        settings = load_settings()
        received = read_moment(as_of, settings.now()) if as_of else None
        values = _declared(declared or [])
        if billing_period is not None:
            check_month(billing_period)
        results: list[LandingResult] = []
        with console.status("Looking at the files") as status:

            def say(message: str) -> None:
                status.update(Text(harmless(message)))

            with _at_hand(paths, settings.lake, billing_period, say) as there:
                for name, delivery in _by_feed(there, feed):
                    with _whole_paths(delivery.files):
                        results += land(
                            delivery.files,
                            name,
                            export,
                            settings.lake,
                            declared=values,
                            billing_period=billing_period or delivery.billing_period,
                            exact=delivery.billing_period is not None,
                            columns=delivery.columns,
                            data_as_of=received,
                            now=settings.now(),
                            kept_versions=settings.kept_versions,
                            progress=say,
                        )
    except (IngestError, SettingsError, MomentError, OSError) as error:
        fail(str(error))
    console.print(_table(results))
    for result in results:
        if result.damage:
            place = f"{result.feed}/{result.export} {result.billing_period}"
            said = f"{place}: {result.damage}. It was landed again."
            console.print(Text(harmless(said), "yellow"), soft_wrap=True)
        if result.drift:
            console.print(Text(harmless(_drift(result))), soft_wrap=True)


@contextmanager
def _at_hand(
    paths: Sequence[str], lake: Path, month: str | None, say: Progress
) -> Iterator[list[Path]]:
    """Paths as they are; addresses once they were fetched, and nobody fetches them meanwhile."""
    addresses = [read_address(path) for path in paths]
    of_clouds = [address for address in addresses if address is not None]
    with all_fetched(of_clouds, lake, month and [month], say) as fetched:
        copies = iter(fetched)
        there: list[Path] = []
        for path, address in zip(paths, addresses, strict=True):
            copy = Path(path) if address is None else next(copies)
            if copy is None:
                raise IngestError(f"{address} holds no bill of {month}. Name a month that it has.")
            there.append(copy)
        yield there


def _declared(pairs: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in pairs:
        column, equals, value = pair.partition("=")
        if not equals or not column:
            raise IngestError(f"--set {pair}: write it as --set column=value.")
        values[column.strip()] = value
    return values


def _by_feed(paths: Sequence[Path], feed: str | None) -> list[tuple[str, Delivery]]:
    """Deliveries with their feeds; files that stand on their own are one delivery per feed."""
    found: list[tuple[str, Delivery]] = []
    loose: dict[str, list[Path]] = {}
    columns: dict[Path, tuple[str, ...]] = {}
    for path in paths:
        for delivery in deliveries(path):
            columns.update(delivery.columns)
            groups: dict[str, list[Path]] = {}
            for file in delivery.files:
                with _whole_paths([file]):
                    groups.setdefault(feed or recognise(file), []).append(file)
            for name, files in groups.items():
                if delivery.billing_period is None:
                    loose.setdefault(name, []).extend(files)
                else:
                    found.append((name, Delivery(delivery.billing_period, tuple(files), columns)))
    for name in {name for name, _ in found}:
        refuse_two_of_a_month(delivery for of, delivery in found if of == name)
    return found + [(name, Delivery(None, tuple(files), columns)) for name, files in loose.items()]


@contextmanager
def _whole_paths(files: Sequence[Path]) -> Iterator[None]:
    """Errors name a file by its last part; here also by the folder it was found in."""
    try:
        yield
    except IngestError as error:
        message = str(error)
        for name in {file.name for file in files}:
            where = " or ".join(str(file) for file in files if file.name == name)
            # Only the name alone: not a part of another one, and not at the end of a path.
            alone = rf"(?<![\w./-]){re.escape(name)}(?![\w-]|\.\w)"
            message = re.sub(alone, where.replace("\\", "\\\\"), message)
        raise IngestError(message) from error


def _table(results: Sequence[LandingResult]) -> Table:
    table = Table("feed", "export", "period", "status", title="Landed bills")
    table.add_column("rows", justify="right")
    table.add_column("control totals")
    for result in results:
        style = _STATUS_STYLE[result.status]
        restated = result.status == "restated"
        rows = f"{result.rows:,}"
        if restated and result.previous_rows != result.rows:
            rows = f"{result.previous_rows:,} → {rows}"
        table.add_row(
            result.feed,
            result.export,
            result.billing_period,
            f"[{style}]{result.status}[/]",
            rows,
            _totals(result.control_totals, result.previous_totals if restated else []),
        )
    return table


def _drift(result: LandingResult) -> str:
    """What changed in the headers, a line per kind."""
    lines = [f"{result.feed}/{result.export} {result.billing_period}: columns differ"]
    for kind in ("new", "gone", "renamed"):
        changes = [change for change in result.drift if change.kind == kind]
        if changes:
            named = [
                f"{change.was} → {change.column}"
                if change.was
                else change.column + ("" if change.fills else " (x_extras)")
                for change in changes
            ]
            lines.append(f"  {kind} {len(changes)}: {', '.join(named)}")
    return "\n".join(lines)


def _totals(now: Sequence[ControlTotal], before: Sequence[ControlTotal]) -> str:
    old = {(total.measure, total.currency): total.amount for total in before}
    lines: list[str] = []
    for total in now:
        label = f"{total.measure} {total.currency or ''}".strip()
        line = f"{label} {_amount(total.amount)}"
        was = old.get((total.measure, total.currency))
        if was is not None and was != total.amount:
            change = total.amount - was
            line = f"{label} {_amount(was)} → {_amount(total.amount)} ({_amount(change, '+')})"
        lines.append(line)
    return "\n".join(lines)


def _amount(value: Decimal, sign: str = "") -> str:
    """All decimals that count, at least two."""
    whole, _, fraction = f"{value:{sign},f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"
