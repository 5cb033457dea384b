"""exports.toml: the bill exports that an installation ingests, and landing them by month."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.ingest.discovery import Delivery, deliveries, refuse_two_of_a_month
from orchestration.ingest.engine import Session
from orchestration.ingest.errors import IngestError
from orchestration.ingest.fetching import fetched
from orchestration.ingest.landing import LandingResult, Progress, file_periods, land
from orchestration.ingest.listing import look
from orchestration.ingest.locks import working_folder
from orchestration.ingest.manifest import Manifest, landed
from orchestration.ingest.registry import FEEDS
from orchestration.ingest.stores import Address, read_address
from orchestration.settings import KEPT_VERSIONS

_KEYS = ("feed", "name", "path", "set")


@dataclass(frozen=True)
class Export:
    """One stream of bill files: a feed, a name, and the folder (or file) they arrive in."""

    feed: str
    name: str
    path: Path | Address
    declared: Mapping[str, str] = field(default_factory=dict)
    """Values for columns that the files lack: the `[export.set]` table."""

    @property
    def on_disk(self) -> Path:
        """The path of an export that is not fetched."""
        if isinstance(self.path, Address):
            raise IngestError(f"{self.path} is not on disk. Name the folder of a copy.")
        return self.path


def read_exports(file: Path) -> list[Export]:
    """The exports that a file declares; none if there is no such file."""
    return declared_exports(file, "export")


def declared_exports(file: Path, table: str) -> list[Export]:
    """The exports in a TOML file's array of tables of that name; each has a name of its own."""
    found: dict[tuple[str, str], Export] = {}
    for index, entry in enumerate(_tables(file, table), start=1):
        label = f"[[{table}]] number {index}"
        export = _export(file, label, entry)
        if found.setdefault((export.feed, export.name), export) is not export:
            raise IngestError(
                f"{file}: {label} is a second {export.feed} export of the name {export.name!r}:"
                ' the one would replace the months of the other. Give it another name = "…".'
            )
    return list(found.values())


def write_exports(file: Path, exports: Sequence[Export]) -> None:
    """Write exports.toml; read_exports gives the same exports back."""
    lines: list[str] = []
    for export in exports:
        lines += ["[[export]]", f"feed = {_toml(export.feed)}", f"name = {_toml(export.name)}"]
        lines.append(f"path = {_toml(str(export.path))}")
        if export.declared:
            lines.append("[export.set]")
            lines += [f"{_toml(key)} = {_toml(value)}" for key, value in export.declared.items()]
        lines.append("")
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.write_text("\n".join(lines), encoding="utf-8")
    unfinished.replace(file)


def exports_of(file: Path, feed: str) -> list[Export]:
    """The declared exports of one feed."""
    return [export for export in read_exports(file) if export.feed == feed]


def unreadable(export: Export) -> str | None:
    """Why an export's path or address cannot be read now; None where it can."""
    try:
        if isinstance(export.path, Address):
            look(export.path)
        else:
            deliveries(export.path)
    except IngestError as error:
        return f"{export.feed}/{export.name}: {error}"
    return None


def list_periods(
    export: Export, lake: Path, *, copy: Path | None = None, session: Session | None = None
) -> dict[str, list[Delivery]]:
    """The months that an export's path holds now, each with the deliveries that have rows of it.

    Of an address, its `copy` is read. Folder names say the month where they are months; other files
    are looked into (once: what they hold is kept in the lake by content).
    """
    found: dict[str, list[Delivery]] = {}
    loose: dict[str, list[Path]] = {}
    columns: dict[Path, tuple[str, ...]] = {}
    there = deliveries(copy or export.on_disk)
    refuse_two_of_a_month(there)
    for delivery in there:
        if delivery.billing_period is not None:
            found.setdefault(delivery.billing_period, []).append(delivery)
            continue
        columns.update(delivery.columns)
        for file in delivery.files:
            for period in file_periods(
                file, export.feed, lake, declared=export.declared, session=session
            ):
                loose.setdefault(period, []).append(file)
    for period, files in loose.items():
        found.setdefault(period, []).append(Delivery(None, tuple(files), columns))
    return dict(sorted(found.items()))


def land_export(
    export: Export,
    periods: Collection[str] | None,
    lake: Path,
    *,
    now: datetime | None = None,
    kept_versions: int = KEPT_VERSIONS,
    progress: Progress | None = None,
    memory: str | None = None,
) -> list[LandingResult]:
    """Land an export's months (all of them where `periods` is None); months it lacks are skipped.

    An address is fetched first; of these months, where it has a folder for each. Files of several
    months that go together are converted once for all of them.
    """
    batches: dict[tuple[tuple[Path, ...], bool], set[str]] = {}
    columns: dict[Path, tuple[str, ...]] = {}
    results: list[LandingResult] = []
    path = export.path
    with (
        fetched(path, lake, periods, progress)
        if isinstance(path, Address)
        else nullcontext(path) as copy,
        working_folder(lake) as working,
        Session(working, memory=memory) as session,
    ):
        there = list_periods(export, lake, copy=copy, session=session) if copy else {}
        for period, found in there.items():
            if periods is None or period in periods:
                files = tuple(dict.fromkeys(file for delivery in found for file in delivery.files))
                for delivery in found:
                    columns.update(delivery.columns)
                exact = all(delivery.billing_period for delivery in found)
                batches.setdefault((files, exact), set()).add(period)
        for (files, exact), wanted in batches.items():
            results += land(
                files,
                export.feed,
                export.name,
                lake,
                declared=export.declared,
                billing_period=wanted,
                exact=exact,
                columns=columns,
                now=now,
                kept_versions=kept_versions,
                progress=progress,
                session=session,
            )
    return sorted(results, key=lambda result: result.billing_period)


def landed_partitions(lake: Path) -> list[Manifest]:
    """The manifests of all landed partitions, by feed, export and month."""
    return list(landed(lake))


def _tables(file: Path, name: str) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IngestError(f"{file} is not valid TOML ({error}). Correct it.") from error
    tables = content.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(entry, dict) for entry in tables):
        raise IngestError(f"{file}: write each {name} as [[{name}]], with two brackets.")
    return tables


def _export(file: Path, label: str, entry: Mapping[str, Any]) -> Export:
    for key in ("feed", "path"):
        if not (isinstance(entry.get(key), str) and entry[key]):
            raise IngestError(f'{file}: {label} lacks {key} = "…". Add it.')
    if unknown := sorted(entry.keys() - set(_KEYS)):
        raise IngestError(
            f"{file}: {label} has {', '.join(unknown)}, which is not known."
            f" Known: {', '.join(_KEYS)}."
        )
    if not isinstance(entry.get("set", {}), dict):
        raise IngestError(f"{file}: {label}: write set as a table of column = value.")
    if entry["feed"] not in FEEDS:
        raise IngestError(
            f"{file}: {label} names feed {entry['feed']!r}. Known feeds: {', '.join(FEEDS)}."
        )
    try:
        address = read_address(entry["path"])
    except IngestError as error:
        raise IngestError(f"{file}: {label}: {error}") from error
    return Export(
        feed=entry["feed"],
        name=str(entry.get("name", "default")),
        # An absolute path stays itself.
        path=address or file.parent / Path(entry["path"]).expanduser(),
        declared={str(key): str(value) for key, value in entry.get("set", {}).items()},
    )


def _toml(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    for character, spelled in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        escaped = escaped.replace(character, spelled)
    return f'"{escaped}"'
