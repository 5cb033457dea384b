"""What a plan's configuration tells of a resource: its provider's region, and what is written.

Belongs here: walking modules, provider aliases and variables. Does not belong here: the changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

UNKNOWN_REGION = "unknown"
# us-east-1a at AWS, europe-west4-a at Google.
_ZONE = re.compile(r"^([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]$|^([a-z]+-[a-z]+\d+)-[a-z]$")
# us-east-1-bos-1a: a place of its own (local zones, wavelength), dearer than its region.
_APART = re.compile(r"^([a-z]{2}(?:-[a-z]+)+-\d+-[a-z0-9-]+)$")
_ARN = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]*:([a-z0-9-]+):")
# Provisioners that reach into a machine, as its own start script does.
_ON_MACHINES = ("file", "remote-exec")
_INDEX = re.compile(r'\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\]')


class Configuration:
    """The `configuration` and `variables` of one plan."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        configuration = _object(document.get("configuration"))
        self._root = _object(configuration.get("root_module"))
        self._providers = _object(configuration.get("provider_config"))
        self._variables = _object(document.get("variables"))
        self._resources: dict[tuple[str, ...], dict[str, Mapping[str, Any]]] = {}

    def written(self, address: str) -> Mapping[str, Any] | None:
        """The expressions written for a resource; None if its configuration is not there."""
        resource = self._resource(address)
        return None if resource is None else _object(resource.get("expressions"))

    def programs(self, address: str) -> tuple[str, ...]:
        """The provisioners of a resource that run where Terraform does, with its credentials."""
        listed = _object(self._resource(address)).get("provisioners")
        types = [str(_object(p).get("type")) for p in (listed if isinstance(listed, list) else [])]
        return tuple(sorted({name for name in types if name not in _ON_MACHINES}))

    def region(self, address: str, values: Mapping[str, Any]) -> str | None:
        """The region, from the resource's own values, else from its provider; None if not told."""
        own = own_region(values)
        if own:
            return own
        resource = self._resource(address)
        key = _object(resource).get("provider_config_key")
        provider = _object(self._providers.get(key)) if isinstance(key, str) else {}
        expressions = _object(provider.get("expressions"))
        modules = module_path(str(provider.get("module_address") or ""))
        for name in ("region", "zone"):
            found = own_region({name: self._value(expressions.get(name), modules)})
            if found:
                return found
        return None

    def passed(self, path: tuple[str, ...], variable: str) -> Any:
        """The expression that a module's caller passes for a variable, or None."""
        if not path:
            return None
        calls = _object(_object(self._module(path[:-1])).get("module_calls"))
        return _object(_object(calls.get(path[-1])).get("expressions")).get(variable)

    def output(self, path: tuple[str, ...], name: str) -> Any:
        """The expression of a module's output, or None."""
        outputs = _object(_object(self._module(path)).get("outputs"))
        return _object(outputs.get(name)).get("expression")

    def sources(self) -> dict[tuple[str, ...], str]:
        """The source of every module that is called, by the names of the modules above and it."""
        found: dict[tuple[str, ...], str] = {}
        waiting: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), self._root)]
        while waiting:
            path, module = waiting.pop()
            for name, entry in _object(module.get("module_calls")).items():
                call = _object(entry)
                found[(*path, name)] = str(call.get("source") or "")
                waiting.append(((*path, name), _object(call.get("module"))))
        return found

    def _value(self, expression: Any, path: tuple[str, ...]) -> Any:
        """A constant, or the value of the one variable that the expression is; else None."""
        if not isinstance(expression, dict):
            return None
        if "constant_value" in expression:
            return expression["constant_value"]
        references = expression.get("references")
        # More than one reference is an expression whose result the plan does not tell.
        if not isinstance(references, list) or len(references) != 1:
            return None
        match = re.fullmatch(r"var\.([\w-]+)", str(references[0]))
        if match is None:
            return None
        return self._variable(match[1], path)

    def _variable(self, name: str, path: tuple[str, ...]) -> Any:
        """The value of a variable of a module: given to the plan, or passed by its caller."""
        if not path:
            return _object(self._variables.get(name)).get("value")
        parent, call = path[:-1], path[-1]
        calls = _object(_object(self._module(parent)).get("module_calls"))
        passed = _object(_object(calls.get(call)).get("expressions"))
        if name in passed:
            return self._value(passed[name], parent)
        declared = _object(_object(self._module(path)).get("variables"))
        return _object(declared.get(name)).get("default")

    def _module(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        module = self._root
        for name in path:
            call = _object(_object(module.get("module_calls")).get(name))
            module = _object(call.get("module"))
        return module

    def _resource(self, address: str) -> Mapping[str, Any] | None:
        plain = without_indexes(address)
        path = module_path(plain)
        if path not in self._resources:
            entries = self._module(path).get("resources")
            listed = entries if isinstance(entries, list) else []
            self._resources[path] = {str(_object(e).get("address")): _object(e) for e in listed}
        return self._resources[path].get(plain.removeprefix("".join(f"module.{n}." for n in path)))


def own_region(values: Mapping[str, Any]) -> str | None:
    """The region that values tell, in the provider's own spelling; None if they do not.

    A zone apart from its region, with prices of its own, is one for itself.
    """
    apart = values.get("availability_zone")
    if isinstance(apart, str) and _APART.match(apart):
        return apart
    for name in ("region", "location"):
        own = values.get(name)
        if isinstance(own, str) and own:
            # Azure takes "West Europe" for westeurope; a location of Google may be a zone.
            plain = own.replace(" ", "").lower()
            zone = _ZONE.match(plain)
            return (zone[1] or zone[2]) if zone else plain
    for name, form in (("availability_zone", _ZONE), ("zone", _ZONE), ("arn", _ARN)):
        value = values.get(name)
        match = form.match(value) if isinstance(value, str) else None
        if match:
            return next(group for group in match.groups() if group)
    return None


def without_indexes(address: str) -> str:
    """An address without the indexes of count and for_each."""
    return _INDEX.sub("", address)


def module_path(address: str) -> tuple[str, ...]:
    """The names of the modules that an address (without indexes) leads through."""
    names = []
    rest = address
    while match := re.match(r"module\.([\w-]+)(?:\.|$)", rest):
        names.append(match[1])
        rest = rest[match.end() :]
    return tuple(names)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
