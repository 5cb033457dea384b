"""The manifest beside each landed partition: where it came from and what it must add up to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.ingest.errors import IngestError
from orchestration.ingest.originals import flush, sha256_of

DATA = "data.parquet"
MANIFEST = "manifest.json"
SUPERSEDED = "_superseded"
CONTRACT_EXPORT = "_contract"
CONTRACT_PERIOD = "none"
# An open month is landed daily or hourly: keep its recent history, not all of it.
_HISTORY = 200


@dataclass(frozen=True)
class ControlTotal:
    """A sum that every reader of the partition can check."""

    measure: str
    currency: str | None
    amount: Decimal
    """Twelve places; decimal text in the manifest file."""


@dataclass(frozen=True)
class AccountTotal:
    """One account's part of a control total; the parts of all accounts add up to it exactly."""

    account: str | None
    sub_account: str | None
    measure: str
    currency: str | None
    amount: Decimal


@dataclass(frozen=True)
class Drift:
    """How a delivery's headers differ from those of the delivery before it."""

    kind: str
    """new, gone or renamed."""
    column: str
    """The header; of what is gone, as it was spelled last."""
    fills: str | None
    """The contract column; None where its values land in `x_extras`."""
    was: str | None = None
    """Of what is renamed, the header before."""


@dataclass(frozen=True)
class SourceFile:
    """One delivered file and how many of its rows are in the partition."""

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True)
class Rounding:
    """How much the sum moved because the contract keeps twelve decimals."""

    measure: str
    currency: str | None
    difference: Decimal


@dataclass(frozen=True)
class Previous:
    """A version of the partition that a later delivery replaced."""

    landing_id: str
    rows: int
    control_totals: list[ControlTotal]
    landed_at: str
    source_files: list[str]
    """The sha256 of each."""
    data_as_of: str | None = None
    uninvoiced_rows: int | None = None
    drift: list[Drift] = field(default_factory=list)


@dataclass(frozen=True)
class Manifest:
    """All that is known of one landed partition; times are RFC 3339 in UTC."""

    feed: str
    export: str
    billing_period: str
    landing_id: str
    rows: int
    control_totals: list[ControlTotal]
    accounts: list[str]
    source_files: list[SourceFile]
    declared: dict[str, str]
    rounding: list[Rounding]
    contract_version: str
    landed_at: str | None
    data_as_of: str | None
    """When the delivery was received: declared, else when it was landed."""
    data_through: str | None
    unknown_columns: list[str]
    data_sha256: str
    """Of the Parquet file beside it."""
    account_totals: list[AccountTotal] = field(default_factory=list)
    uninvoiced_rows: int | None = None
    """Rows that cost something and name no invoice; None where no row names one."""
    headers: dict[str, str] = field(default_factory=dict)
    """Contract column -> the header that filled it, of the newest file that had it."""
    drift: list[Drift] = field(default_factory=list)
    previous: list[Previous] = field(default_factory=list)

    def as_previous(self) -> list[Previous]:
        """The history that a successor carries: this version first."""
        version = Previous(
            self.landing_id,
            self.rows,
            self.control_totals,
            self.landed_at or "",
            [source.sha256 for source in self.source_files],
            self.data_as_of,
            self.uninvoiced_rows,
            self.drift,
        )
        return [version, *self.previous][:_HISTORY]


def partition(lake: Path, feed: str, export: str, period: str) -> Path:
    """The folder of one landed partition."""
    return lake / feed / export / f"billing_period={period}"


def read(folder: Path) -> Manifest | None:
    """The manifest of a partition; None where there is none yet.

    An error where it is not as it was written: what it says of a partition's history, accounts and
    totals would then be nobody's word.
    """
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        problem = "" if content.pop("seal", None) == _seal(content) else "is not as it was written"
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        problem = f"cannot be read ({type(error).__name__}: {error})"
    if not problem:
        try:
            manifest = _from_json(content)
        except (TypeError, KeyError) as error:
            raise IngestError(
                f"{path} was written by another version of Tollgate ({error}). Move {folder} out of"
                " the lake and ingest its month again."
            ) from error
        place = partition(Path(), manifest.feed, manifest.export, manifest.billing_period)
        if folder.name == place.name and folder.parts[-3:] == place.parts:
            return manifest
        if folder.parent.name == SUPERSEDED and folder.parts[-5:-2] == place.parts:
            return manifest
        problem = f"is of {place}"
    raise IngestError(
        f"{path} {problem}. Restore it, or move {folder} out of the lake and ingest its month"
        " again."
    )


def write(manifest: Manifest, path: Path) -> None:
    """Write a manifest, sealed, to a file that is then renamed into place."""
    content = json.loads(json.dumps(asdict(manifest), default=_plain))
    sealed = json.dumps({**content, "seal": _seal(content)}, ensure_ascii=False, indent=1)
    path.write_text(sealed + "\n", encoding="utf-8")
    flush(path)


def damage(folder: Path, manifest: Manifest | None) -> str:
    """What is wrong with the data of a partition; empty where nothing is, and where none is landed.

    It may have been edited, cut off or copied from elsewhere; and it is not the manifest's where a
    process died between the two renames.
    """
    data = folder / DATA
    if manifest is None:
        # A first landing that died between the two renames, or a manifest that was taken away.
        return f"{data} has no manifest" if data.exists() else ""
    if not data.is_file():
        return f"{data} is missing"
    if sha256_of(data) != manifest.data_sha256:
        return f"{data} is not the file that its manifest describes"
    return ""


def partitions(lake: Path, feed: str | None = None) -> list[Path]:
    """The folders of all partitions, landed or begun, by feed, export and period."""
    folders = sorted(lake.glob(f"{feed or '[!_]*'}/*/billing_period=*"))
    return [folder for folder in folders if folder.parent.name != CONTRACT_EXPORT]


def landed(lake: Path, feed: str | None = None) -> Iterator[Manifest]:
    """The manifests of all landed partitions, by feed, export and period."""
    return (found for folder in partitions(lake, feed) if (found := read(folder)) is not None)


def _seal(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a manifest without its seal: finds what was edited, and is no signature."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> str:
    """Money as decimal text, never in scientific notation."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def _total(content: Mapping[str, Any]) -> ControlTotal:
    return ControlTotal(**{**content, "amount": Decimal(content["amount"])})


def _drift(content: Mapping[str, Any]) -> list[Drift]:
    return [Drift(**change) for change in content.get("drift", [])]


def _from_json(content: Mapping[str, Any]) -> Manifest:
    totals = [_total(total) for total in content["control_totals"]]
    previous = [
        Previous(
            **{
                **old,
                "control_totals": [_total(total) for total in old["control_totals"]],
                "drift": _drift(old),
            }
        )
        for old in content["previous"]
    ]
    return Manifest(
        **{
            **content,
            "control_totals": totals,
            "source_files": [SourceFile(**source) for source in content["source_files"]],
            "rounding": [
                Rounding(**{**rounding, "difference": Decimal(rounding["difference"])})
                for rounding in content["rounding"]
            ],
            "account_totals": [
                AccountTotal(**{**total, "amount": Decimal(total["amount"])})
                for total in content.get("account_totals", [])
            ],
            "drift": _drift(content),
            "previous": previous,
        }
    )
