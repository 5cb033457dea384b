"""Land bill files: typed Parquet per feed, export and billing period, replaced atomically.

Belongs here: the order of the steps and what makes them safe. The steps themselves: `originals`
(keep the files), `facts` (totals in), `conversion` (text to types), `totals` (totals out),
`manifest` (the record), `diagnosis` (errors). Nothing of a delivery is published before all of
it has been converted and checked.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from orchestration.ingest.accounts import accounts_of
from orchestration.ingest.contract import Feed
from orchestration.ingest.delivery import Delivered, Job, deliver, opened
from orchestration.ingest.drift import baseline, drift, headers_of, refuse_missing, refuse_unnamed
from orchestration.ingest.engine import Session
from orchestration.ingest.errors import IngestError
from orchestration.ingest.facts import MONTH
from orchestration.ingest.locks import exclusive, working_folder
from orchestration.ingest.manifest import (
    DATA,
    MANIFEST,
    ControlTotal,
    Drift,
    Manifest,
    SourceFile,
    damage,
    partition,
    read,
    write,
)
from orchestration.ingest.nul import refuse_nul
from orchestration.ingest.originals import flush, sha256_of
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.replacing import received_at, refuse_other_accounts, refuse_shrinking, utc
from orchestration.ingest.totals import conserved, totals_in, totals_out
from orchestration.ingest.twice import refuse_landed_elsewhere
from orchestration.ingest.versions import keep, prune
from orchestration.ingest.withdrawal import kept_if_accepted
from orchestration.ingest.writing import Target, write_partition
from orchestration.settings import KEPT_VERSIONS

Status = Literal["landed", "unchanged", "restated"]
Progress = Callable[[str], None]

_EXPORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class LandingResult:
    """What happened to one partition."""

    feed: str
    export: str
    billing_period: str
    landing_id: str
    status: Status
    rows: int
    control_totals: list[ControlTotal]
    previous_rows: int | None
    """Before this landing; None where there was no such partition."""
    previous_totals: list[ControlTotal]
    path: Path
    drift: list[Drift]
    """How its headers differ from the delivery before; empty where nothing was written."""
    damage: str
    """What was wrong with the file that this landing replaced; empty where nothing was."""


@dataclass(frozen=True)
class _Prepared:
    """A partition that is converted and checked, but not yet published; or that stays as it is."""

    manifest: Manifest
    status: Status
    before: Manifest | None
    damage: str
    data: Path


def land(
    files: Sequence[Path],
    feed: Feed | str,
    export: str,
    lake: Path,
    *,
    declared: Mapping[str, str] | None = None,
    billing_period: str | Collection[str] | None = None,
    exact: bool = False,
    columns: Mapping[Path, tuple[str, ...]] | None = None,
    data_as_of: datetime | None = None,
    now: datetime | None = None,
    kept_versions: int = KEPT_VERSIONS,
    progress: Progress | None = None,
    memory: str | None = None,
    session: Session | None = None,
) -> list[LandingResult]:
    """Land all files of one delivery; one result per billing period in them.

    A delivery is complete for the periods it names: it replaces what was landed for them, and
    nothing else. `billing_period` lands only the rows of those months, which the files must have;
    with `exact` they must have no others. Where no month is named, a few late rows of a landed
    month are refused, since they would replace all of it.
    `declared` gives values for columns that the files lack or leave empty. The same content again
    changes nothing. `columns` are the headers that manifests name for their files, which must have
    these and no others. `data_as_of` says when the delivery was received, which else is `now` (the
    machine's clock); the newest `kept_versions` that were superseded stay readable.
    Give a `session` to share one DuckDB among several landings.
    """
    contract = _feed(feed)
    values = dict(declared or {})
    wanted = {billing_period} if isinstance(billing_period, str) else billing_period
    _check_request(contract, export, values, wanted)
    if not files:
        raise IngestError("No files to ingest. Name at least one bill file or folder.")
    say = progress or (lambda _: None)
    lock = lake / contract.name / export / ".lock"
    with (
        exclusive(lock),
        kept_if_accepted(lake) as kept,
        working_folder(lake) as working,
        nullcontext(session) if session else Session(working, memory=memory) as engine,
        ThreadPoolExecutor(max_workers=1) as disk,
    ):
        job = Job(engine, contract, lake, working, values, say, kept)
        delivered = deliver(job, files, columns or {})
        # The disk writes while the conversion has the processors.
        flushed = [disk.submit(flush, part.original.path) for part in delivered]
        results: list[LandingResult] = []
        prepared: list[_Prepared] = []
        for period in _periods(delivered, wanted, exact=exact):
            parts = [part for part in delivered if period in part.facts.periods]
            landing_id = _landing_id(contract, export, period, values, parts)
            folder = partition(lake, contract.name, export, period)
            before = read(folder)
            harm = damage(folder, before)
            if before and before.landing_id == landing_id and not harm:
                unchanged = _Prepared(before, "unchanged", before, "", folder / DATA)
                results.append(_result(lake, unchanged))
                continue
            refuse_other_accounts(before, parts, period)
            refuse_landed_elsewhere(job, export, period, parts)
            received = received_at(before, data_as_of, now or datetime.now(UTC))
            if wanted is None:
                refuse_shrinking(before, parts, period)
            say(f"{contract.name} {period}: converting")
            target = Target(export, period, landing_id)
            prepared.append(_prepare(job, target, parts, before, received, harm=harm))
        for original in flushed:
            original.result()
        for item in prepared:
            say(f"{contract.name} {item.manifest.billing_period}: publishing")
            _publish(lake, item, working, kept_versions)
            results.append(_result(lake, item))
    return sorted(results, key=lambda result: result.billing_period)


def file_periods(
    file: Path,
    feed: str,
    lake: Path,
    *,
    declared: Mapping[str, str] | None = None,
    session: Session | None = None,
) -> list[str]:
    """The billing periods that a file has rows of; the file is kept in the lake by content."""
    with (
        kept_if_accepted(lake) as kept,
        working_folder(lake) as working,
        nullcontext(session) if session else Session(working) as engine,
    ):
        job = Job(engine, _feed(feed), lake, working, dict(declared or {}), lambda _: None, kept)
        parts = deliver(job, [file], {})
        return sorted(parts[0].facts.periods)


def check_month(value: str) -> str:
    """A billing period as 'YYYY-MM'; an error for a month that does not exist."""
    if not MONTH.fullmatch(value):
        raise IngestError(
            f"{value!r} is not a month. Write the billing period as YYYY-MM, for example 2026-09."
        )
    return value


def _feed(feed: Feed | str) -> Feed:
    if isinstance(feed, Feed):
        return feed
    if feed not in FEEDS:
        raise IngestError(f"There is no feed {feed!r}. Known feeds: {', '.join(FEEDS)}.")
    return FEEDS[feed]


def _check_request(
    feed: Feed, export: str, declared: Mapping[str, str], periods: Collection[str] | None
) -> None:
    if not _EXPORT_NAME.fullmatch(export):
        raise IngestError(
            f"{export!r} cannot name an export: use letters, digits, '.', '_' and '-', beginning"
            " with a letter or digit."
        )
    for column in declared:
        if column not in feed.by_name:
            raise IngestError(
                f"--set {column}: the raw contract of {feed.name} has no such column."
                f" Its required ones: {', '.join(c.name for c in feed.columns if c.required)}."
            )
    for period in periods or ():
        check_month(period)


def _periods(
    delivered: Sequence[Delivered], wanted: Collection[str] | None, *, exact: bool
) -> list[str]:
    found = sorted({period for part in delivered for period in part.facts.periods})
    if wanted is None:
        return found
    absent = sorted(set(wanted) - set(found))
    if absent:
        names = ", ".join(part.original.name for part in delivered)
        raise IngestError(
            f"{names}: no row belongs to billing period {', '.join(absent)}; found"
            f" {', '.join(found)}. Name one of these, or no month at all."
        )
    others = sorted(set(found) - set(wanted))
    if exact and others:
        strays = next(part for part in delivered if others[0] in part.facts.periods)
        raise IngestError(
            f"{strays.original.name}: {strays.facts.periods[others[0]].rows} of its rows are of"
            f" billing period {others[0]}, but it was delivered for {', '.join(sorted(wanted))}."
            " Put files of several months in a folder that is not named after one."
        )
    return sorted(wanted)


def _landing_id(
    feed: Feed, export: str, period: str, declared: Mapping[str, str], parts: Sequence[Delivered]
) -> str:
    """Hash of everything that decides the partition's content."""
    content = (
        feed.name,
        export,
        period,
        feed.contract_version,
        sorted(declared.items()),
        sorted(part.original.sha256 for part in parts),
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()[:32]


def _prepare(
    job: Job,
    target: Target,
    parts: Sequence[Delivered],
    before: Manifest | None,
    received: str,
    *,
    harm: str,
) -> _Prepared:
    """Convert and check one partition in the working folder."""
    feed, period = job.feed, target.period
    data = job.working / f"{period}.parquet"
    conversions = [opened(job, part.original) for part in parts]
    for part, conversion in zip(parts, conversions, strict=True):
        refuse_unnamed(part.original.name, conversion.source.headers, part.columns)
    write_partition(job, target, parts, data)
    refuse_missing(job.session.db, feed, conversions, data, period)
    packed = any(conversion.source.kind == "parquet" for conversion in conversions)
    refuse_nul(job.session.db, feed, data, whole_text=packed)
    facts = [part.facts.periods[period] for part in parts]
    found = totals_out(job.session.db, feed, data)
    label = f"{', '.join(part.original.name for part in parts)} ({feed.name} {period})"
    rows = sum(part.rows for part in facts)
    totals, rounding = conserved(label, rows, totals_in(facts), found)
    accounts = accounts_of(job.session.db, feed, data)
    # The same landing again repairs what an interrupted one left: nothing is restated.
    restates = before is not None and before.landing_id != target.landing_id
    history = before.previous if before else []
    unknown = sorted({c for p in parts for c in p.facts.unknown_with_values})
    headers = headers_of(conversions)
    last = baseline(job.lake, before, feed.name, target.export, period)
    changes = drift(last, headers, unknown) if restates or before is None else before.drift
    manifest = Manifest(
        feed=feed.name,
        export=target.export,
        billing_period=period,
        landing_id=target.landing_id,
        rows=rows,
        control_totals=totals,
        accounts=sorted({account for part in facts for account in part.accounts}),
        source_files=[
            SourceFile(p.original.name, p.original.sha256, p.original.bytes, f.rows)
            for p, f in zip(parts, facts, strict=True)
        ],
        declared=dict(job.declared),
        rounding=rounding,
        contract_version=feed.contract_version,
        landed_at=utc(datetime.now(UTC)),
        data_as_of=received,
        data_through=found.data_through,
        unknown_columns=unknown,
        data_sha256=sha256_of(data),
        account_totals=accounts.totals,
        uninvoiced_rows=accounts.uninvoiced_rows,
        headers=headers,
        drift=changes,
        previous=before.as_previous() if before and restates else history,
    )
    return _Prepared(manifest, "restated" if restates else "landed", before, harm, data)


def _publish(lake: Path, item: _Prepared, working: Path, kept_versions: int) -> None:
    """Data first, manifest last: dying in between, the next run sees that they disagree."""
    manifest = item.manifest
    folder = partition(lake, manifest.feed, manifest.export, manifest.billing_period)
    folder.mkdir(parents=True, exist_ok=True)
    if item.before and item.status == "restated" and not item.damage:
        keep(folder, item.before, working)
    record = item.data.with_suffix(".json")
    write(manifest, record)
    flush(item.data)
    item.data.replace(folder / DATA)
    record.replace(folder / MANIFEST)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    prune(folder, manifest, kept_versions)


def _result(lake: Path, item: _Prepared) -> LandingResult:
    manifest, before = item.manifest, item.before
    return LandingResult(
        manifest.feed,
        manifest.export,
        manifest.billing_period,
        manifest.landing_id,
        item.status,
        manifest.rows,
        manifest.control_totals,
        before.rows if before else None,
        before.control_totals if before else [],
        partition(lake, manifest.feed, manifest.export, manifest.billing_period),
        [] if item.status == "unchanged" else manifest.drift,
        item.damage,
    )
