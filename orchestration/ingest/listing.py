"""What an address holds: the bills and manifests in it, each with a version.

Belongs here: which files of a store count, and what a name must be to become a file here. Which
of them are current is for `fetching`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from orchestration.ingest.discovery import folder_month, is_bill
from orchestration.ingest.errors import IngestError
from orchestration.ingest.providers.manifests import is_manifest
from orchestration.ingest.registry import STORES
from orchestration.ingest.stores import Address, Remote, Store

# A hundred executions a month for ten years, in parts; their list must fit into memory.
_MOST_FILES = 200_000
_LONGEST_NAME = 255
# What no file's name can hold: NUL, and halves of characters, which JSON lets a server list.
_NO_NAME = re.compile("[\0\ud800-\udfff]")

#: Files by their path below the address.
Listing = Mapping[str, Remote]


def opened(address: Address) -> Store:
    """The store of an address; an `IngestError` where none has its scheme."""
    if address.scheme not in STORES:
        known = ", ".join(f"{scheme}://" for scheme in STORES)
        raise IngestError(f"{address}: bills are fetched from {known}. Use one of these.")
    return STORES[address.scheme](address)


def look(address: Address) -> None:
    """Ask an address for its first bill; an `IngestError` where it has none or cannot be read."""
    if not any(is_bill(one.key.rpartition("/")[2]) for one in opened(address).contents()):
        raise _nothing(address)


def listing(store: Store, address: Address, months: Collection[str] | None = None) -> Listing:
    """The bills and manifests at the address; of these months, and those that say no month.

    An address that has none of any month is an `IngestError`, and so is a file that could not lie
    beside the others here.
    """
    found: dict[str, Remote] = {}
    anything = False
    for remote in store.contents():
        # Empty where the key marks a folder, whatever the folder is called.
        last = remote.key.rpartition("/")[2]
        if not (is_bill(last) or is_manifest(last)):
            continue
        parts = [part for part in remote.key.split("/") if part]
        anything = anything or is_bill(last)
        if months is not None and not of_months(parts, months):
            continue
        name = "/".join(parts)
        if name in found or any(_unusable(part) for part in parts):
            raise IngestError(
                f"{address} holds {remote.key!r}, which cannot be a file of its own here."
                " Name a folder without it."
            )
        found[name] = remote
        if len(found) > _MOST_FILES:
            raise IngestError(
                f"{address} holds more than {_MOST_FILES} files. Name the export's own folder."
            )
    for name in found:
        for parent in PurePosixPath(name).parents:
            if str(parent) in found:
                raise IngestError(
                    f"{address} holds {parent} as a file and as a folder. Name one of them."
                )
    if not anything:
        raise _nothing(address)
    return found


def of_months(parts: Collection[str], months: Collection[str]) -> bool:
    """Whether a file, by the parts of its path, is of one of these months, or says none."""
    said = months_said(parts)
    return not said or not set(months).isdisjoint(said)


def months_said(parts: Iterable[str]) -> list[str]:
    """The months that parts of a path say, the outermost first."""
    return [month for part in parts if (month := folder_month(part))]


def _unusable(part: str) -> bool:
    nameless = part in {".", ".."} or _NO_NAME.search(part)
    return bool(nameless) or len(part.encode()) > _LONGEST_NAME


def _nothing(address: Address) -> IngestError:
    return IngestError(
        f"{address} holds no bill files (.csv, .parquet, .json, .ndjson; plain, .gz or .zst)."
        " Check the address, and whether the export has run."
    )
