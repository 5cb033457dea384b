"""Finds the line of each resource's block in the .tf files that a plan was made from.

Belongs here: walking local modules and scanning files, within bounds. The files are anybody's: no
link is followed, nothing outside the checkout is read, and nothing of them is shown but a number.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from policies.deployment.configuration import module_path, without_indexes
from policies.deployment.places import Place, Places
from policies.deployment.plan import Plan

# What a tree of real modules stays far below.
MAX_FILES, MAX_BYTES, MAX_LINE = 2_000, 1_000_000, 4_000
_LOCAL = ("./", "../")
_BLOCK = re.compile(r'\s*resource\s+"?([\w-]+)"?\s+"?([\w-]+)"?\s*\{')
# Strings first: what looks like a comment in one is none.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|#|//|/\*|<<-?\s*([A-Za-z_][\w-]*)\s*$')

Blocks = Mapping[tuple[str, str], Place]


class PlacesError(ValueError):
    """The folders of the configuration do not fit the plans; the message says why."""


@dataclass(frozen=True)
class PlanFile:
    """One plan with the file that it was read from."""

    path: Path
    plan: Plan


def find_places(
    plans: Sequence[PlanFile], folders: Sequence[Path], checkout: Path | None = None
) -> Places:
    """The places of all resources of the plans.

    `folders` hold the root modules: none, one for all plans, or one for each. Modules are followed
    as long as they stay in the checkout; files are named as seen from it.
    """
    if len(folders) not in {0, 1, len(plans)}:
        raise PlacesError(
            f"{len(folders)} folders of configuration for {len(plans)} plans; "
            "give one for all, or one for each plan in their order"
        )
    for folder in folders:
        if not folder.is_dir():
            raise PlacesError(f"{folder} is no folder; give the one that holds the .tf files")
    root = _normal(checkout or Path.cwd())
    known: dict[str, Place] = {}
    scan = _Scan(root)
    for number, file in enumerate(plans):
        lead = f"{file.path.stem}: " if len(plans) > 1 else ""
        default = Place(shown_path(file.path, root))
        start = folders[min(number, len(folders) - 1)] if folders else None
        for change in (*file.plan.resources, *file.plan.unchanged):
            place = scan.place(start, file.plan, change.address) if start else None
            known[f"{lead}{change.address}"] = place or default
    return Places(Place(shown_path(plans[0].path, root)) if plans else Places().default, known)


def shown_path(path: Path, root: Path) -> str:
    """A path as seen from the root of the checkout; of a file outside, its name alone.

    Code scanning takes no other paths.
    """
    normal, top = _normal(path), _normal(root)
    return normal.relative_to(top).as_posix() if normal.is_relative_to(top) else normal.name


@dataclass
class _Scan:
    """The blocks of the folders that were read, and how many files that took."""

    root: Path
    files: int = 0
    folders: dict[Path, Blocks] = field(default_factory=dict)

    def place(self, folder: Path, plan: Plan, address: str) -> Place | None:
        plain = without_indexes(address.partition(" (deposed")[0])
        modules = module_path(plain)
        kind, _, name = plain.removeprefix("".join(f"module.{m}." for m in modules)).partition(".")
        start = _normal(folder)
        bound = self.root if start.is_relative_to(self.root) else start
        found = _module_folder(start, plan.modules, modules)
        if found is None:
            return None
        if found not in self.folders:
            self.folders[found] = dict(self._read(found)) if _is_below(found, bound) else {}
        return self.folders[found].get((kind, name))

    def _read(self, folder: Path) -> Iterator[tuple[tuple[str, str], Place]]:
        for file in sorted(folder.iterdir()):
            if file.suffix not in {".tf", ".tofu"} or self.files >= MAX_FILES:
                continue
            self.files += 1
            for block, line in blocks(_text(file)):
                yield block, Place(shown_path(file, self.root), line)


def blocks(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Type, name and line of the resource blocks; not those in comments and heredocs."""
    end: str | None = None
    comment = False
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            continue
        if end is not None:
            end = None if line.strip() == end else end
            continue
        if comment:
            comment = "*/" not in line
            continue
        if match := _BLOCK.match(line):
            yield (match[1], match[2]), number
        end, comment = _opened(line)


def _opened(line: str) -> tuple[str | None, bool]:
    """The end word of a heredoc, and whether a comment begins, that a line leaves open."""
    position = 0
    while match := _TOKEN.search(line, position):
        position = match.end()
        if match[0] in {"#", "//"}:
            break
        if match[0] == "/*":
            close = line.find("*/", position)
            if close < 0:
                return None, True
            position = close + 2
        elif match[1]:
            return match[1], False
    return None, False


def _module_folder(
    start: Path, sources: Mapping[tuple[str, ...], str], modules: tuple[str, ...]
) -> Path | None:
    """Where a module's files are; None if it is not a local one."""
    folder = start
    for depth in range(1, len(modules) + 1):
        source = sources.get(modules[:depth], "")
        if not source.startswith(_LOCAL):
            return None
        folder = _normal(folder / source)
    return folder


def _is_below(folder: Path, bound: Path) -> bool:
    """Whether a folder is there, within the bound, and no link leads to it."""
    if not folder.is_relative_to(bound):
        return False
    return folder.is_dir() and folder.resolve() == bound.resolve() / folder.relative_to(bound)


def _text(file: Path) -> str:
    """A file's text; empty if it is a link, a device, too large or gone."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return ""
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _normal(path: Path) -> Path:
    """Absolute and without `..`, links left as they are."""
    return Path(os.path.normpath(path.absolute()))
