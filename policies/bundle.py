"""The policy bundle on disk: which files it is made of, their digest, its configuration.

Belongs here: reading the bundle's folder. Does not belong here: asking OPA.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

BUNDLE = Path(__file__).resolve().parent / "rego"

# Tests decide nothing, so they are neither loaded for a decision nor part of the digest.
TESTS = "*_test.rego"


class BundleError(RuntimeError):
    """The bundle's folder is not a bundle; the message names the file and the remedy."""


@dataclass(frozen=True)
class Bundle:
    """The files of one bundle at one moment."""

    root: Path
    files: dict[str, bytes]

    @property
    def sha256(self) -> str:
        """Digest over the names and contents of every file that takes part in a decision."""
        lines = [
            f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in self.files.items()
        ]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def revision(self) -> str:
        """The revision that the bundle's manifest states."""
        try:
            revision = json.loads(self.files[".manifest"])["revision"]
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"{self.root / '.manifest'} states no revision; restore it from the repository"
            ) from error
        return str(revision)

    @property
    def modules(self) -> dict[str, str]:
        """The Rego modules, by path."""
        return {n: d.decode() for n, d in self.files.items() if n.endswith(".rego")}

    def rules(self, gate: str) -> frozenset[str]:
        """The names of the rules that the gate ships: one folder each."""
        prefix = f"finops/{gate}/rules/"
        return frozenset(
            name.removeprefix(prefix).split("/")[0]
            for name in self.files
            if name.startswith(prefix) and name.endswith(".rego")
        )

    def document(self, path: str) -> Any:
        """The data file of a folder such as `finops/config/budgets`."""
        for name, load in (("data.yaml", _load_yaml), ("data.json", json.loads)):
            data = self.files.get(f"{path}/{name}")
            if data is not None:
                try:
                    return load(data)
                except (ValueError, yaml.YAMLError) as error:
                    place, why = self.root / path / name, " ".join(str(error).split())
                    raise BundleError(f"{place} is not readable ({why}); correct it") from error
        raise BundleError(f"{self.root / path} has no data.yaml; restore it from the repository")

    def documents(self) -> dict[str, Any]:
        """Every data file, by its folder."""
        folders = sorted({n.rpartition("/")[0] for n in self.files if _is_data(n)})
        return {folder: self.document(folder) for folder in folders}


def bundle_root() -> Path:
    """The bundle that gates decide by: the folder `TOLLGATE_POLICIES`, else Tollgate's own."""
    named = os.environ.get("TOLLGATE_POLICIES")
    return Path(named).expanduser().resolve() if named else BUNDLE


def read_bundle(root: Path | None = None) -> Bundle:
    """Read the bundle at `root`, by default the one that gates decide by, as it is now."""
    root = root or bundle_root()
    if not (root / ".manifest").is_file():
        raise BundleError(f"{root} is not a policy bundle: it has no .manifest")
    return Bundle(
        root=root, files={p.relative_to(root).as_posix(): p.read_bytes() for p in _walk(root)}
    )


def _walk(root: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    # With os.walk, since a decision reads the bundle twice, and pathlib takes twice as long.
    files = {
        f"{folder}{os.sep}{name}".removeprefix(f"{root}{os.sep}").replace(os.sep, "/")
        for folder, _, names in os.walk(root, onerror=fail)
        for name in names
        if not name.endswith(TESTS.removeprefix("*"))
    }
    for name in sorted(files):
        # OPA loads more names than these (data.yml, policy.wasm, patch.json, ...): what is not
        # in the digest must not be there at all, or it could decide unseen.
        if not (name.endswith(".rego") or _is_data(name) or name == ".manifest"):
            raise BundleError(
                f"{root / name} is no part of a policy bundle (modules are *.rego, data is "
                "data.yaml or data.json); rename it, or take it out"
            )
        yield root / name


def _is_data(name: str) -> bool:
    return name.rpartition("/")[2] in {"data.yaml", "data.json"}


def _load_yaml(text: bytes) -> Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe one)


# The parser in C, where PyYAML was built with it: a tenth of the time, and as safe.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which no key stands twice: OPA, too, would take the last of them and say nothing."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """As the safe loaders do."""
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(keys)) < len(keys):
            (_, twice) = next(key for key in keys if keys.count(key) > 1)
            line = node.start_mark.line + 1
            raise ValueError(f"{twice!r} stands twice in the mapping that begins on line {line}")
        return super().construct_mapping(node, deep)
