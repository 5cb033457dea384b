"""The files of one delivery: kept, opened, checked against the feed, and their facts known."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.ingest.contract import Feed
from orchestration.ingest.conversion import Conversion, convert
from orchestration.ingest.dates import is_day_first
from orchestration.ingest.diagnosis import first_bad_value
from orchestration.ingest.engine import Session
from orchestration.ingest.errors import IngestError
from orchestration.ingest.facts import FileFacts, PeriodFacts, Total, file_facts
from orchestration.ingest.originals import Original, keep, kept_before
from orchestration.ingest.recognition import refuse_other_content, refuse_other_feed
from orchestration.ingest.slices import SLICING
from orchestration.ingest.sources import open_source


@dataclass(frozen=True)
class Delivered:
    """One file of a delivery."""

    original: Original
    facts: FileFacts
    columns: tuple[str, ...]
    """The headers that its manifest names; none without a manifest."""


@dataclass(frozen=True)
class Job:
    """What one landing works with."""

    session: Session
    feed: Feed
    lake: Path
    working: Path
    declared: Mapping[str, str]
    say: Callable[[str], None]
    kept: list[Original]
    """Files that this delivery put, or found, in the lake so far."""
    opened: dict[str, Conversion] = field(default_factory=dict)
    """Files opened so far, by content."""


def deliver(
    job: Job, files: Sequence[Path], columns: Mapping[Path, tuple[str, ...]]
) -> list[Delivered]:
    """Keep every file in the lake and learn its facts; refuse what is not a bill of this feed."""
    delivered: list[Delivered] = []
    seen: dict[str, str] = {}
    before = kept_before(job.lake)
    for path in files:
        job.say(f"{path.name}: reading")
        original = keep(path, job.lake, job.working, before)
        job.kept.append(original)
        if original.sha256 in seen:
            raise IngestError(
                f"{path} has the same content as {seen[original.sha256]}: landing both would count"
                " its costs twice. Name the file once."
            )
        seen[original.sha256] = str(path)
        delivered.append(Delivered(original, _facts(job, original), columns.get(path, ())))
    return delivered


def opened(job: Job, original: Original) -> Conversion:
    """Open a kept file as a bill of the job's feed; once, since it may take reading it."""
    if original.sha256 not in job.opened:
        job.opened[original.sha256] = _open(job, original)
    return job.opened[original.sha256]


def _open(job: Job, original: Original) -> Conversion:
    feed = job.feed
    source = open_source(job.session.db, original.path, job.working, original.name)
    conversion = convert(source, feed, job.declared)
    refuse_other_feed(conversion)
    missing = [c for c in conversion.plan.missing(feed) if c.name not in job.declared]
    if missing:
        names = ", ".join(column.name for column in missing)
        unknown = ", ".join(source.headers[i] for i in conversion.plan.unknown[:12]) or "none"
        raise IngestError(
            f"{source.name}: no column for {names} ({feed.name}). Headers it cannot place:"
            f" {unknown}. Export the file with all columns, or declare one value for all its rows:"
            f" {' '.join(f'--set {column.name}=…' for column in missing)}."
        )
    return replace(conversion, day_first=is_day_first(job.session.db, conversion))


def _facts(job: Job, original: Original) -> FileFacts:
    """The facts of a file, computed once per content, contract and declared values."""
    key = repr((job.feed.name, job.feed.contract_version, sorted(job.declared.items()), SLICING))
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    known = original.path.parent.parent / f"{original.sha256}.{digest}.facts.json"
    if known.exists():
        return _from_json(known.read_text(encoding="utf-8"))
    conversion = opened(job, original)
    try:
        refuse_other_content(job.session.db, conversion)
    except duckdb.Error as error:
        raise first_bad_value(job.session.db, [conversion], error) from error
    facts = file_facts(job.session.db, conversion)
    unfinished = known.with_suffix(f".{uuid.uuid4().hex}")
    unfinished.write_text(json.dumps(asdict(facts), default=str), encoding="utf-8")
    unfinished.replace(known)
    return facts


def _from_json(content: str) -> FileFacts:
    found = json.loads(content)
    periods = {
        period: PeriodFacts(
            facts["rows"],
            tuple(facts["accounts"]),
            tuple(
                Total(**{**total, "amount": Decimal(total["amount"])}) for total in facts["totals"]
            ),
        )
        for period, facts in found["periods"].items()
    }
    return FileFacts(
        found["rows"], periods, tuple(found["unknown_with_values"]), tuple(found["slices"])
    )
