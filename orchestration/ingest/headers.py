"""Which of a file's headers fills which column of a raw contract.

Pure functions over header names. Header dialects themselves are data, in `providers/`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestration.ingest.contract import Column, Feed, Fold
from orchestration.ingest.errors import IngestError

_BRACKETED = re.compile(r".+\((\w+)\)")


@dataclass(frozen=True)
class Plan:
    """How one file's headers map to a contract; headers are given by position."""

    columns: dict[str, int] = field(default_factory=dict)
    """Contract column -> header."""
    folds: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """JSON column -> its (key, header) members, sorted by key."""
    unknown: list[int] = field(default_factory=list)
    """Headers outside the contract: their values go to `x_extras`."""

    def missing(self, feed: Feed) -> list[Column]:
        """Required columns that no header fills."""
        return [c for c in feed.columns if c.required and c.name not in self.columns]


def squash(header: str) -> str:
    """The spelling that all dialects of a header share: lower case, letters and digits only.

    Letters of any script stay, accents go: `Catégorie` is `categorie`.
    """
    return mark(header).replace("/", "")


def mark(header: str) -> str:
    """Like `squash`, but keeps the slash that tells legacy AWS headers from the new ones."""
    if header.isascii():
        return re.sub(r"[^a-z0-9/]", "", header.lower())
    plain = unicodedata.normalize("NFKD", header.casefold())
    return "".join(letter for letter in plain if letter.isalnum() or letter == "/")


def spellings(header: str) -> tuple[str, ...]:
    """Folded spellings of a header, the one to be preferred first.

    A localised Azure export keeps the English name in brackets: `Kosten (Cost)`.
    """
    bracketed = _BRACKETED.fullmatch(header.strip())
    return (squash(header), squash(bracketed[1])) if bracketed else (squash(header),)


def snake(header: str) -> str:
    """AWS's own folding of legacy names: regionCode -> region_code."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def fold_key(fold: Fold, rest: str) -> str:
    """The JSON key of a folded header, `rest` being what follows the prefix."""
    if fold.keys == "snake":
        return snake(rest)
    if fold.keys == "scheme":
        return re.sub(r"^(user|aws)_", r"\1:", rest)
    return rest


def match(feed: Feed, headers: Sequence[str], label: str = "the file") -> Plan:
    """Assign each header to a contract column, to a folded JSON column, or to the unknown.

    An error (naming the file by its `label`) if two headers could decide what a row costs, whose
    it is, or when.
    """
    names = _renamed(feed, headers)
    present = {spelling for header in headers for spelling in spellings(header)}
    copies = {squash(copy) for copy, original in feed.copies if squash(original) in present}
    taken: set[int] = set()
    columns: dict[str, int] = {}
    for column in feed.columns:
        for spelling in (column.name, *column.aliases):
            found = names.get(squash(spelling), [])
            rivals = [position for position in found if position not in taken]
            if rivals:
                if column.name in feed.decisive:
                    _refuse_rivals(column, [headers[i] for i in rivals], copies, label)
                columns[column.name] = _closest(column, headers, rivals)
                taken.add(columns[column.name])
                break
    folds: dict[str, list[tuple[str, int]]] = {}
    unknown: list[int] = []
    for position, header in enumerate(headers):
        if position in taken:
            continue
        if squash(header) in copies:
            continue
        folded = _fold(feed, columns, header)
        members = folds.setdefault(folded[0], []) if folded else []
        if folded and folded[1] not in {key for key, _ in members}:
            members.append((folded[1], position))
        else:
            unknown.append(position)
    for members in folds.values():
        members.sort()
    return Plan(columns, folds, unknown)


def _renamed(feed: Feed, headers: Sequence[str]) -> dict[str, list[int]]:
    """Folded spelling -> positions, after the feed's conditional renames."""
    present = {spelling for header in headers for spelling in spellings(header)}
    aliases: dict[str, str] = {}
    for rename in feed.renames:
        if squash(rename.when) in present:
            aliases.update({squash(old): squash(new) for old, new in rename.names})
    names: dict[str, list[int]] = {}
    for position, header in enumerate(headers):
        for spelling in spellings(header):
            names.setdefault(aliases.get(spelling, spelling), []).append(position)
    return names


def _closest(column: Column, headers: Sequence[str], positions: Sequence[int]) -> int:
    """Of headers that fold alike, the one spelled as the contract spells it, else the first."""
    for spelling in (column.name, *column.aliases):
        for position in positions:
            if headers[position] == spelling:
                return position
    return positions[0]


def _refuse_rivals(column: Column, rivals: Sequence[str], copies: set[str], label: str) -> None:
    own = [header for header in rivals if squash(header) not in copies]
    if len(own) > 1:
        raise IngestError(
            f"{label}: headers {' and '.join(map(repr, own))} could each be {column.name}, and only"
            " one of them can be right. Remove or rename the other, or export the file again."
        )


def _fold(feed: Feed, columns: dict[str, int], header: str) -> tuple[str, str] | None:
    for fold in feed.folds:
        if fold.column in columns:
            continue
        for prefix in fold.prefixes:
            if header.lower().startswith(prefix.lower()) and len(header) > len(prefix):
                return fold.column, fold_key(fold, header[len(prefix) :])
    return None
