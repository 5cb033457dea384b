"""Which feed a file is of, from its headers and, where two feeds share them, from its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.ingest.contract import Feed
from orchestration.ingest.conversion import Conversion, convert
from orchestration.ingest.diagnosis import first_bad_value
from orchestration.ingest.engine import connect, name
from orchestration.ingest.errors import IngestError
from orchestration.ingest.headers import mark, spellings
from orchestration.ingest.providers.azure import COVERED_AT_ZERO
from orchestration.ingest.registry import FEEDS, UNREAD
from orchestration.ingest.sources import open_source

_SHOWN_HEADERS = 12
_SHOWN_SPELLINGS = 3
_OTHER_SEPARATORS = (";", "\t")


def recognise(path: Path) -> str:
    """The name of the feed that a bill file is of; an error says what was seen and is known."""
    with TemporaryDirectory() as spill, connect(Path(spill)) as db:
        source = open_source(db, path, Path(spill))
        found = candidates(source.headers)
        if not found:
            raise unknown_headers(source.name, source.headers)
        if len(found) == 1:
            return found[0].name
        return _by_content(db, convert(source, found[0], {}), found).name


def candidates(headers: Sequence[str]) -> list[Feed]:
    """The feeds whose signature the headers carry; the more demanding signature wins."""
    found = [feed for feed in FEEDS.values() if _carries(headers, feed.signature)]
    depth = max((len(feed.signature) for feed in found), default=0)
    return [feed for feed in found if len(feed.signature) == depth]


def _carries(headers: Sequence[str], signature: Sequence[Sequence[str]]) -> bool:
    present = {mark(header) for header in headers}
    present |= {spelling for header in headers for spelling in spellings(header)[1:]}
    return all(any(mark(header) in present for header in group) for group in signature)


def refuse_other_separators(label: str, headers: Sequence[str]) -> None:
    """An error if the one header is a line of headers that something else than commas separates."""
    if len(headers) == 1 and any(separator in headers[0] for separator in _OTHER_SEPARATORS):
        raise IngestError(
            f"{label} separates its fields by semicolons or tabs, as spreadsheets of some languages"
            " do, and its numbers may have commas. Export it again as CSV with commas and points."
        )


def unknown_headers(label: str, headers: Sequence[str]) -> IngestError:
    """The error about headers of no known feed."""
    refuse_other_separators(label, headers)
    for unread in UNREAD:
        if _carries(headers, unread.signature):
            return IngestError(f"{label} is {unread.kind}, which is not read. {unread.remedy}")
    shown = ", ".join(headers[:_SHOWN_HEADERS])
    more = f" and {len(headers) - _SHOWN_HEADERS} more" if len(headers) > _SHOWN_HEADERS else ""
    known = "; ".join(f"{feed.name} ({_shown(feed)})" for feed in FEEDS.values())
    return IngestError(
        f"{label}: these headers are of no bill that Tollgate knows: {shown}{more}."
        f" Known feeds and the headers they are told by: {known}."
        " Name the feed yourself with --feed NAME if it is one of them."
    )


def _shown(feed: Feed) -> str:
    return " + ".join("|".join(group[:_SHOWN_SPELLINGS]) for group in feed.signature)


def refuse_other_feed(conversion: Conversion) -> None:
    """An error if the headers are those of another provider's feed."""
    found = candidates(conversion.source.headers)
    if not found or any(feed.columns == conversion.feed.columns for feed in found):
        return
    raise IngestError(
        f"{conversion.source.name} is not a file of {conversion.feed.name}: its headers are those"
        f" of {' or '.join(feed.name for feed in found)}. Leave out --feed, or name that one."
    )


def refuse_other_content(db: duckdb.DuckDBPyConnection, conversion: Conversion) -> None:
    """An error if the rows belong to the feed's twin: amortised rows in an actual export."""
    feed = conversion.feed
    twins = [f for f in FEEDS.values() if f.columns == feed.columns and f.evidence]
    if feed.evidence is None or len(twins) < 2:
        return
    seen = _evidence(db, conversion, twins)
    own = seen[feed.name]
    for twin in twins:
        if twin.name != feed.name and seen[twin.name] and not own:
            raise IngestError(
                f"{conversion.source.name} is not {feed.name}: {seen[twin.name]} of its rows are of"
                f" a kind that only {twin.name} has. Leave out --feed, or name that one."
            )


def _by_content(
    db: duckdb.DuckDBPyConnection, conversion: Conversion, found: Sequence[Feed]
) -> Feed:
    try:
        seen = _evidence(db, conversion, found)
    except duckdb.Error as error:
        raise first_bad_value(db, [conversion], error) from error
    proven = [feed for feed in found if seen[feed.name]]
    if len(proven) == 1:
        return proven[0]
    if not proven and seen["covered_at_zero"]:
        return FEEDS["azure_actual"]
    name_says = _by_name(conversion.source.name, found)
    if name_says is not None:
        return name_says
    if not proven:
        # Without commitments both exports are the same rows, and the actual one is complete.
        return FEEDS["azure_actual"]
    raise IngestError(
        f"{conversion.source.name}: neither its rows nor its name tell whether it is"
        f" {' or '.join(feed.name for feed in found)}. Say which: --feed {found[0].name}."
    )


def _by_name(label: str, found: Sequence[Feed]) -> Feed | None:
    spelled = re.sub(r"[^a-z]", "", label.lower()).replace("amortised", "amortized")
    named = [feed for feed in found if feed.name.split("_")[-1] in spelled]
    return named[0] if len(named) == 1 else None


def _evidence(
    db: duckdb.DuckDBPyConnection, conversion: Conversion, feeds: Sequence[Feed]
) -> dict[str, int]:
    """How many rows of the file speak for each feed."""
    conditions = {feed.name: feed.evidence or "false" for feed in feeds}
    conditions["covered_at_zero"] = COVERED_AT_ZERO
    used = [c for c in conversion.feed.columns if any(c.name in s for s in conditions.values())]
    inner = ", ".join(f"{conversion.typed(column)} AS {name(column.name)}" for column in used)
    counts = ", ".join(f"count(*) FILTER (WHERE {sql})" for sql in conditions.values())
    row = db.execute(f"SELECT {counts} FROM (SELECT {inner} FROM {conversion.relation})").fetchone()
    return dict(zip(conditions, (int(value) for value in row or ()), strict=True))
