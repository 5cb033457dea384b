"""What a resource of a plan refers to: the launch template of a group, the server of a database.

Belongs here: following references through variables and outputs of modules. Does not belong here:
what the values that are found mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policies.deployment.changes import ResourceChange, one_case
from policies.deployment.configuration import Configuration, module_path, without_indexes

# Modules that pass a value through more hands than this are not followed.
DEPTH = 12
# module.a["x"].module.b[0]. in front of a resource; the resource's own index behind.
_MODULES = re.compile(r'^((?:module\.[\w-]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.)*)(.*)$')
_INDEX = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]$')
_LOCAL = re.compile(r'^([a-z][\w-]*)\.([\w-]+)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?(?:\.|$)')
_OUTPUT = re.compile(r'^module\.([\w-]+)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.([\w-]+)')
_NOT_RESOURCES = {"var", "local", "module", "each", "count", "data", "path", "terraform", "self"}


class References:
    """The resources of one plan, by address and by id."""

    def __init__(
        self, configuration: Configuration | None = None, changes: Sequence[ResourceChange] = ()
    ) -> None:
        self._configuration = configuration or Configuration({})
        self._by_address = {change.address: change for change in changes}
        self._by_identity = {
            one_case(name): change for change in changes for name in change.identities
        }
        self._instances: dict[str, list[ResourceChange]] = {}
        for change in changes:
            self._instances.setdefault(without_indexes(change.address), []).append(change)
        self._parts: Mapping[str, References] = {}

    @classmethod
    def joined(cls, parts: Mapping[str, References]) -> References:
        """The references of several plans, whose addresses begin with the plan's name."""
        joined = cls()
        joined._parts = parts
        return joined

    def of(self, change: ResourceChange, path: str) -> ResourceChange | None:
        """The resource that the attribute at `path` refers to; None if the plan does not tell."""
        return next(self.all_of(change, path), None)

    def all_of(self, change: ResourceChange, path: str) -> Iterator[ResourceChange]:
        """The resources that the attribute at `path` refers to, the surest first."""
        name, _, address = change.address.partition(": ")
        if name in self._parts:
            part = self._parts[name]
            for found in part.all_of(part._by_address[address], path):
                yield replace(found, address=f"{name}: {found.address}")
            return
        for side in (change.after, change.before):
            for value in _texts(_at(side, path)):
                named = self._by_identity.get(one_case(value))
                if named is not None and named is not change:
                    yield named
        address = change.address.partition(" (deposed")[0]
        modules, _ = _split(address)
        expression = _at(self._configuration.written(address), path)
        index = _INDEX.search(address)
        yield from self._resolve(expression, modules, index[0] if index else "", DEPTH)

    def _resolve(
        self, expression: Any, modules: str, index: str, depth: int
    ) -> Iterator[ResourceChange]:
        for reference in _references(expression) if depth else ():
            yield from self._follow(reference, modules, index, depth - 1)

    def _follow(
        self, reference: str, modules: str, index: str, depth: int
    ) -> Iterator[ResourceChange]:
        path = module_path(without_indexes(modules))
        if reference.startswith("var."):
            name = reference.split(".")[1]
            above = _above(modules)
            yield from self._resolve(self._configuration.passed(path, name), above, index, depth)
            return
        output = _OUTPUT.match(reference)
        if output:
            call, which, name = output.groups()
            inner = f"{modules}module.{call}{which or ''}."
            expression = self._configuration.output((*path, call), name)
            yield from self._resolve(expression, inner, index, depth)
            return
        local = _LOCAL.match(reference)
        if local is None or local[1] in _NOT_RESOURCES:
            return
        address = f"{modules}{local[1]}.{local[2]}"
        for candidate in (address + (local[3] or ""), address + index):
            if candidate in self._by_address:
                yield self._by_address[candidate]
                return
        # One of several that cannot be told apart is only taken if there is no other.
        several = self._instances.get(without_indexes(address), [])
        if len(several) == 1:
            yield several[0]


def _split(address: str) -> tuple[str, str]:
    match = _MODULES.match(address)
    return (match[1], match[2]) if match else ("", address)


def _above(modules: str) -> str:
    """The modules around the innermost one."""
    names = re.findall(r'module\.[\w-]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.', modules)
    return "".join(names[:-1])


def _at(values: Any, path: str) -> Any:
    """What is at a dotted path, a block being entered without its index; None if nothing is."""
    found = values
    for name in path.split("."):
        if isinstance(found, list):
            if name.isdigit():
                found = found[int(name)] if int(name) < len(found) else None
                continue
            found = found[0] if found else None
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _references(expression: Any) -> Iterator[str]:
    """The references of an expression and of all inside it, the most exact first."""
    if isinstance(expression, Mapping):
        listed = expression.get("references")
        if isinstance(listed, list):
            yield from (reference for reference in listed if isinstance(reference, str))
        else:
            for inner in expression.values():
                yield from _references(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from _references(inner)
