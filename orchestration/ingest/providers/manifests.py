"""The providers' own manifests: which of the files in a folder make up the current bill.

A legacy CUR may keep older assemblies beside the current one, a Data Export every execution, and
an Azure export every run: adding up all files of such a folder would count the month several times.

AWS puts a Data Export's files and manifests in two folders beside each other, `data/<month>/` and
`metadata/<month>/` (or a folder per execution in both, named by its time), see "Understanding
export delivery" in its guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.ingest.errors import IngestError

AWS_SUFFIX = "-Manifest.json"
AZURE_NAME = "manifest.json"
DATA, METADATA = "data", "metadata"
# The largest reports have some hundred files; each that is named is looked for in several places.
MOST_FILES = 10_000
# From an execution's manifest up to the export's folder: the execution, the month, `metadata`.
_LEVELS = 4
# Bytes of a key with the bucket before it (stores have keys of 1,024), and of a part of it that can
# be a file's name here; and how many parts, from each of which on it is looked for.
_LONGEST_KEY, _LONGEST_PART, _MOST_PARTS = 2_048, 255, 100
# So many names take a hundredth of it; the manifest is read whole.
MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class Named:
    """What a manifest names: the files, and the billing period where it says it."""

    manifest: Path
    files: tuple[Path, ...]
    billing_period: str | None = None
    columns: tuple[str, ...] = ()
    """The headers that each of the files must have; none where the manifest does not say."""


def named_in(folder: Path) -> Named | None:
    """What the manifest of a period's folder names; None without a manifest."""
    aws = sorted(folder.glob(f"*{AWS_SUFFIX}"))
    if len(aws) > 1:
        names = ", ".join(path.name for path in aws)
        raise IngestError(
            f"{folder} holds the manifests of several reports ({names}). Ingest each report's"
            " folder on its own, with its own --export NAME."
        )
    executions = _executions(folder)
    if aws:
        return named_by_aws(aws[0])
    if executions:
        _refuse_newer_data(executions[-1])
        return named_by_aws(executions[-1])
    runs = sorted(folder.rglob(AZURE_NAME))
    return azure_files(runs) if runs else None


def is_manifest(name: str) -> bool:
    """Whether a file of this name says which others are current."""
    return name.endswith(AWS_SUFFIX) or name == AZURE_NAME


def is_metadata(folder: Path) -> bool:
    """Whether a folder holds the manifests of the files in the `data` folder beside it."""
    return folder.name == METADATA and (folder.parent / DATA).is_dir()


def _executions(folder: Path) -> list[Path]:
    """The manifests of a Data Export's month, the latest execution last."""
    beside = folder
    if folder.parent.name == DATA:
        beside = folder.parent.parent / METADATA / folder.name
    if beside.parent.name != METADATA:
        return []
    found = sorted(beside.rglob(f"*{AWS_SUFFIX}"))
    if len({path.parent == beside for path in found}) > 1:
        raise IngestError(
            f"{beside} holds a manifest of its own beside those of single executions: the export"
            " was set from the one way to the other, and nothing says which is newer. Remove the"
            " older ones, and their data."
        )
    return found


def _refuse_newer_data(manifest: Path) -> None:
    """Where each execution has a folder, named by its time: the latest must have its manifest."""
    execution = manifest.parent
    month = execution.parent
    data = month.parent.parent / DATA / month.name
    newer = sorted(run.name for run in data.glob("*") if run.is_dir() and run.name > execution.name)
    if month.parent.name == METADATA and newer:
        raise IngestError(
            f"{data / newer[-1]} is newer than {manifest}, the latest manifest beside it: the"
            " export is being written, or its metadata was not copied. Try again when it is"
            " complete, or download the folder metadata/ again."
        )


def named_by_aws(manifest: Path) -> Named:
    """The files that the manifest of a legacy CUR or of a Data Export names.

    It is rewritten with every assembly or execution.
    """
    content = _content(manifest)
    keys = content.get("reportKeys") or content.get("dataFiles")
    if not isinstance(keys, list) or not keys:
        raise IngestError(
            f"{manifest} names no report files (reportKeys or dataFiles)."
            " Download the manifest again."
        )
    period = content.get("billingPeriod")
    start = (
        re.match(r"(\d{4})-?(\d{2})", str(period.get("start")))
        if isinstance(period, dict)
        else None
    )
    month = f"{start[1]}-{start[2]}" if start else None
    files = _resolved(manifest, [str(key) for key in keys])
    return Named(manifest, files, month, _columns(manifest, content.get("columns")))


def _columns(manifest: Path, columns: object) -> tuple[str, ...]:
    """A report's manifest names `lineItem` and `UnblendedCost` apart, an export's in one."""
    if columns is None:
        return ()
    if not isinstance(columns, list) or not all(
        isinstance(column, dict) and isinstance(column.get("name"), str) for column in columns
    ):
        raise IngestError(f"{manifest} lists columns without names. Download the manifest again.")
    return tuple(
        f"{column['category']}/{column['name']}" if column.get("category") else column["name"]
        for column in columns
    )


def azure_files(manifests: Sequence[Path]) -> Named:
    """The part files of the latest run of an Azure export."""
    latest = max(manifests, key=lambda path: (_submitted(path), str(path)))
    blobs = _content(latest).get("blobs")
    if not isinstance(blobs, list) or not blobs:
        raise IngestError(f"{latest} names no files (blobs). Download the export again.")
    names = [str(blob.get("blobName", "")) if isinstance(blob, dict) else "" for blob in blobs]
    return Named(latest, _resolved(latest, names))


def _submitted(manifest: Path) -> str:
    run = _content(manifest).get("runInfo")
    return str(run.get("submittedTime", "")) if isinstance(run, dict) else ""


def _resolved(manifest: Path, keys: Sequence[str]) -> tuple[Path, ...]:
    if len(keys) > MOST_FILES:
        raise IngestError(
            f"{manifest} names {len(keys)} files, and no report has more than {MOST_FILES}."
            " Download the manifest again."
        )
    return tuple(_resolve(manifest, key) for key in keys)


def _resolve(manifest: Path, key: str) -> Path:
    """Find a bucket key on disk: wherever the copy begins, the end of the key is kept.

    A key is what somebody else wrote: it may name files of the copy, and no others.
    """
    path = PurePosixPath(key)
    longest = max((_size(part) for part in path.parts), default=0)
    deep = len(path.parts) > _MOST_PARTS
    if deep or _size(key) > _LONGEST_KEY or longest > _LONGEST_PART:
        raise IngestError(
            f"{manifest} names {key[:_LONGEST_PART]!r}…, longer than any file's name."
            " Download the manifest again."
        )
    if ".." in path.parts:
        raise IngestError(
            f"{manifest} names {key}, which leaves the report's folder ('..')."
            " Download the manifest again, from a source that you trust."
        )
    # Some keys begin with a slash: that is the bucket's root, never the disk's.
    parts = path.parts[1:] if path.is_absolute() else path.parts
    for base in list(manifest.parents)[:_LEVELS]:
        for start in range(len(parts)):
            candidate = base.joinpath(*parts[start:])
            if candidate.is_file():
                if not candidate.resolve().is_relative_to(base.resolve()):
                    raise IngestError(
                        f"{manifest} names {key}, which is a link out of the report's folder."
                        " Put the file itself there, if you trust it."
                    )
                return candidate
    raise IngestError(
        f"{manifest} names {key}, but there is no such file near it."
        " The copy is incomplete: download the whole folder again."
    )


def _size(name: str) -> int:
    return len(name.encode(errors="replace"))


def _content(manifest: Path) -> dict[str, Any]:
    if manifest.stat().st_size > MOST_BYTES:
        raise IngestError(f"{manifest} is larger than any manifest. Download it again.")
    try:
        content = json.loads(manifest.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise IngestError(f"{manifest} is not valid JSON ({error}). Download it again.") from error
    if not isinstance(content, dict):
        raise IngestError(f"{manifest} is not a manifest. Download it again.")
    return content
