"""What a plan's configuration tells of a resource: its provider's region, and what is written.

Belongs here: walking modules, provider aliases and variables. Does not belong here: the changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

UNKNOWN_REGION = "unknown"
_ZONE = re.compile(r"^([a-z]{2}(?:-[a-z]+)+-\d)[a-z]$")
_ARN = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]*:([a-z0-9-]+):")
_INDEX = re.compile(r'\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\]')


class Configuration:
    """The `configuration` and `variables` of one plan."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        configuration = _object(document.get("configuration"))
        self._root = _object(configuration.get("root_module"))
        self._providers = _object(configuration.get("provider_config"))
        self._variables = _object(document.get("variables"))

    def written(self, address: str) -> Mapping[str, Any] | None:
        """The expressions written for a resource; None if its configuration is not there."""
        resource = self._resource(address)
        return None if resource is None else _object(resource.get("expressions"))

    def region(self, address: str, values: Mapping[str, Any]) -> str | None:
        """The region, from the resource's own values, else from its provider; None if not told."""
        own = values.get("region")
        if isinstance(own, str) and own:
            return own
        for name, form in (("availability_zone", _ZONE), ("arn", _ARN)):
            value = values.get(name)
            match = form.match(value) if isinstance(value, str) else None
            if match:
                return match[1]
        resource = self._resource(address)
        key = _object(resource).get("provider_config_key")
        provider = _object(self._providers.get(key)) if isinstance(key, str) else {}
        expression = _object(provider.get("expressions")).get("region")
        modules = str(provider.get("module_address") or "")
        found = self._value(expression, _module_path(modules))
        return found if isinstance(found, str) and found else None

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
        plain = _INDEX.sub("", address)
        path = _module_path(plain)
        local = plain.removeprefix("".join(f"module.{name}." for name in path))
        resources = self._module(path).get("resources")
        for resource in resources if isinstance(resources, list) else []:
            if _object(resource).get("address") == local:
                return _object(resource)
        return None


def _module_path(address: str) -> tuple[str, ...]:
    """The names of the modules that an address (without indexes) leads through."""
    names = []
    rest = address
    while match := re.match(r"module\.([\w-]+)(?:\.|$)", rest):
        names.append(match[1])
        rest = rest[match.end() :]
    return tuple(names)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
