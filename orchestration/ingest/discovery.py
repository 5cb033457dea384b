"""From a path to the deliveries in it: which files belong together, and to which month.

Pure but for listing folders and reading the providers' manifests.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.ingest.errors import IngestError
from orchestration.ingest.providers.manifests import (
    AWS_SUFFIX,
    Named,
    is_manifest,
    is_metadata,
    named_by_aws,
    named_in,
)

_BILL = re.compile(r".+\.((csv|parquet|json|jsonl|ndjson)(\.gz|\.zst)?|zip)", re.IGNORECASE)
_MONTH = re.compile(r"(?:BILLING_PERIOD=|billing_period=)?(\d{4})-(0[1-9]|1[0-2])")
# The folder of one execution of an export that keeps them all: its time, then its id.
_EXECUTION = re.compile(r"\d{4}-?\d\d-?\d\dT\d\d.*")
# Beside a report for Athena lies a table that says whether the report is being written.
_STATUS = "cost_and_usage_data_status"
_RANGE = re.compile(r"(\d{4})(0[1-9]|1[0-2])01-(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True)
class Delivery:
    """Files that are landed together; `billing_period` where their folder says it."""

    billing_period: str | None
    files: tuple[Path, ...]
    columns: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    """The headers of the files whose manifest names them."""


def is_bill(name: str) -> bool:
    """Whether a file of this name is read: its ending says its format, and it is no manifest."""
    return _BILL.fullmatch(name) is not None and not is_manifest(name)


def folder_month(name: str) -> str | None:
    """The month that a folder's name says: 2026-09, BILLING_PERIOD=2026-09, 20260901-20261001."""
    month = _MONTH.fullmatch(name)
    if month:
        return f"{month[1]}-{month[2]}"
    span = _RANGE.fullmatch(name)
    if span is None:
        return None
    year, number = int(span[1]), int(span[2])
    following = (year + number // 12, number % 12 + 1, 1)
    last = (year, number, monthrange(year, number)[1])
    end = (int(span[3]), int(span[4]), int(span[5]))
    return f"{span[1]}-{span[2]}" if end in (following, last) else None


def deliveries(path: Path) -> list[Delivery]:
    """What there is to land at a path: one delivery per month's folder, one of all other files."""
    if not path.exists():
        raise IngestError(f"{path}: no such file or folder. Check the path.")
    if path.is_file():
        if path.name.endswith(AWS_SUFFIX):
            return [_of_manifest(path.parent, named_by_aws(path))]
        return [Delivery(None, (path,))]
    if not path.is_dir():
        raise IngestError(f"{path} is neither a file nor a folder. Check the path.")
    if folder_month(path.name) or any(path.glob(f"*{AWS_SUFFIX}")):
        return [_of_folder(path)]
    months = list(_month_folders(path))
    found = [_of_folder(folder) for folder in months]
    loose = tuple(
        file for file in _bill_files(path) if not any(folder in file.parents for folder in months)
    )
    if loose:
        _refuse_several_executions(path, loose)
        found.append(Delivery(None, loose))
    if not found:
        raise IngestError(
            f"{path} holds no bill files (.csv, .parquet, .json, .ndjson; plain, .gz or .zst)."
            " Name the folder into which the export was downloaded."
        )
    return found


def _of_folder(folder: Path) -> Delivery:
    named = named_in(folder)
    if named is not None:
        return _of_manifest(folder, named)
    files = tuple(_bill_files(folder))
    if not files:
        raise IngestError(f"{folder} holds no bill files. Download the month again.")
    _refuse_several_runs(folder, files)
    return Delivery(folder_month(folder.name), files)


def _refuse_several_runs(folder: Path, files: Iterable[Path]) -> None:
    """Exports that keep every run write each into a folder of its own: together they are double.

    Folders of parts of one run are named `key=value`.
    """
    _refuse_several_executions(folder, files)
    runs = {file.relative_to(folder).parts[0] for file in files if file.parent != folder}
    runs = {name for name in runs if "=" not in name}
    if len(runs) > 1 or (runs and any(file.parent == folder for file in files)):
        raise _several(folder, runs)


def _refuse_several_executions(folder: Path, files: Iterable[Path]) -> None:
    """However they were copied: executions of an export must not be added up."""
    parts = {part for file in files for part in file.relative_to(folder).parts[:-1]}
    executions = {part for part in parts if _EXECUTION.fullmatch(part)}
    if len(executions) > 1:
        raise _several(folder, executions)


def _several(folder: Path, runs: Iterable[str]) -> IngestError:
    return IngestError(
        f"{folder} holds files in {', '.join(sorted(runs))} and no manifest that says which of"
        " them are current; runs of an export must not be added up. Copy the manifests too"
        " (AWS: the folder metadata/), or name the folder of the current run."
    )


def refuse_two_of_a_month(found: Iterable[Delivery]) -> None:
    """An error where two deliveries of one feed and export are of the same month."""
    seen: dict[str, Delivery] = {}
    for delivery in found:
        if delivery.billing_period is None:
            continue
        before = seen.setdefault(delivery.billing_period, delivery)
        if before is not delivery:
            raise IngestError(
                f"{before.files[0].parent} and {delivery.files[0].parent} are both bills of"
                f" {delivery.billing_period}, and the one would replace the other. Ingest each"
                " under its own name: --export NAME, or an [[export]] of its own."
            )


def _of_manifest(folder: Path, named: Named) -> Delivery:
    month, stated = folder_month(folder.name), named.billing_period
    if month and stated and month != stated:
        raise IngestError(
            f"{named.manifest} is of billing period {stated}, but its folder is named after"
            f" {month}. Put it back where the export wrote it, or download the month again."
        )
    columns = dict.fromkeys(named.files, named.columns) if named.columns else {}
    return Delivery(month or stated, named.files, columns)


def _month_folders(path: Path) -> Iterator[Path]:
    """The outermost folders whose names are months."""
    for child in sorted(entry for entry in path.iterdir() if entry.is_dir()):
        if folder_month(child.name):
            yield child
        elif not child.name.startswith((".", "_")) and not is_metadata(child):
            yield from _month_folders(child)


def _bill_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        status = file.parent.name == _STATUS
        if file.is_file() and is_bill(file.name) and not (hidden or status):
            yield file
