"""The providers' own manifests: which of the files in a folder make up the current bill.

A legacy CUR may keep older assemblies beside the current one, and an Azure export keeps every
run: adding up all files of such a folder would count the month several times.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.ingest.errors import IngestError

AWS_SUFFIX = "-Manifest.json"
AZURE_NAME = "manifest.json"
# The largest reports have some hundred files; each that is named is looked for in several places.
MOST_FILES = 10_000
# So many names take a hundredth of it; the manifest is read whole.
MOST_BYTES = 1 << 26


def current_files(folder: Path) -> list[Path] | None:
    """The files that the manifest of a period's folder names; None without a manifest."""
    aws = sorted(folder.glob(f"*{AWS_SUFFIX}"))
    if len(aws) > 1:
        names = ", ".join(path.name for path in aws)
        raise IngestError(
            f"{folder} holds the manifests of several reports ({names}). Ingest each report's"
            " folder on its own, with its own --export NAME."
        )
    if aws:
        return aws_files(aws[0])
    runs = sorted(folder.rglob(AZURE_NAME))
    return azure_files(runs) if runs else None


def aws_files(manifest: Path) -> list[Path]:
    """The report files that a CUR manifest names; it is rewritten with every assembly."""
    keys = _content(manifest).get("reportKeys")
    if not isinstance(keys, list) or not keys:
        raise IngestError(
            f"{manifest} names no report files (reportKeys). Download the manifest again."
        )
    return _resolved(manifest, [str(key) for key in keys])


def azure_files(manifests: Sequence[Path]) -> list[Path]:
    """The part files of the latest run of an Azure export."""
    latest = max(manifests, key=lambda path: (_submitted(path), str(path)))
    blobs = _content(latest).get("blobs")
    if not isinstance(blobs, list) or not blobs:
        raise IngestError(f"{latest} names no files (blobs). Download the export again.")
    names = [str(blob.get("blobName", "")) if isinstance(blob, dict) else "" for blob in blobs]
    return _resolved(latest, names)


def _submitted(manifest: Path) -> str:
    run = _content(manifest).get("runInfo")
    return str(run.get("submittedTime", "")) if isinstance(run, dict) else ""


def _resolved(manifest: Path, keys: Sequence[str]) -> list[Path]:
    if len(keys) > MOST_FILES:
        raise IngestError(
            f"{manifest} names {len(keys)} files, and no report has more than {MOST_FILES}."
            " Download the manifest again."
        )
    return [_resolve(manifest, key) for key in keys]


def _resolve(manifest: Path, key: str) -> Path:
    """Find a bucket key on disk: wherever the copy begins, the end of the key is kept.

    A key is what somebody else wrote: it may name files of the copy, and no others.
    """
    path = PurePosixPath(key)
    if ".." in path.parts:
        raise IngestError(
            f"{manifest} names {key}, which leaves the report's folder ('..')."
            " Download the manifest again, from a source that you trust."
        )
    # Some keys begin with a slash: that is the bucket's root, never the disk's.
    parts = path.parts[1:] if path.is_absolute() else path.parts
    for base in (manifest.parent, *manifest.parent.parents):
        for start in range(len(parts)):
            candidate = base.joinpath(*parts[start:])
            if candidate.is_file():
                if not candidate.resolve().is_relative_to(base.resolve()):
                    raise IngestError(
                        f"{manifest} names {key}, which is a link out of the report's folder."
                        " Put the file itself there, if you trust it."
                    )
                return candidate
        if base == manifest.parent.parent.parent:
            break
    raise IngestError(
        f"{manifest} names {key}, but there is no such file near it."
        " The copy is incomplete: download the whole folder again."
    )


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
