"""Whether a plan says of itself that it did not fail and that it covers the whole change.

Belongs here: which version of which program writes that. Does not belong here: the changes
(`plan.py`) and what follows from it (the rule `plan_complete`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# From which version on every plan has the field: `errored` came with Terraform's pull request 33372
# (in 1.6 at the latest, from which OpenTofu was forked), `complete` with 34642 (in 1.8). OpenTofu
# has no `complete` up to 1.12, the newest looked at.
ERRORED_SINCE = (1, 6)
COMPLETE_SINCE = (1, 8)
# What is left for a later plan.
_DEFERRED = ("deferred_changes", "deferred_action_invocations")
# The default host of OpenTofu's providers, and the only sign of it that its plans have.
OPENTOFU = "registry.opentofu.org/"


@dataclass(frozen=True)
class Completeness:
    """What a plan says of itself; `not_stated` names what its version cannot say."""

    complete: bool
    errored: bool
    not_stated: tuple[str, ...]


def completeness(document: Mapping[str, Any]) -> Completeness:
    """A field that the version always writes and that is not there counts against the plan.

    What the version never writes is taken for well, and listed in `not_stated`; but a plan that
    leaves out what its state has was made with -target or -exclude.
    """
    version = _version(document.get("terraform_version"))
    # Terraform writes it since it writes `complete`, OpenTofu neither: the others were lost.
    lost = "applyable" in document
    may_lack = {
        "complete": (version < COMPLETE_SINCE or _is_opentofu(document)) and not lost,
        "errored": version < ERRORED_SINCE and not lost,
    }
    not_stated = tuple(name for name, may in may_lack.items() if may and name not in document)
    errored = document.get("errored", "errored" not in not_stated) is not False
    taken = "complete" in not_stated and not errored and not _left_out(document)
    complete = document.get("complete", taken) is True
    return Completeness(
        complete=complete and not any(document.get(name) for name in _DEFERRED),
        errored=errored,
        not_stated=not_stated,
    )


def _left_out(document: Mapping[str, Any]) -> set[str]:
    """Managed resources of the prior state without an entry among the changes, if there are any.

    Each has one, if only a no-op, but in a plan that only refreshes, which lists no changes at all.
    """
    changes, state = document.get("resource_changes"), document.get("prior_state")
    values = state.get("values") if isinstance(state, dict) else None
    if not changes or not isinstance(changes, list) or not isinstance(values, dict):
        return set()
    return set(_managed(values.get("root_module"))) - set(_each(changes, "address"))


def _managed(module: object) -> Iterator[str]:
    if not isinstance(module, dict):
        return
    for resource in module.get("resources") or ():
        if isinstance(resource, dict) and resource.get("mode") == "managed":
            yield str(resource.get("address"))
    for child in module.get("child_modules") or ():
        yield from _managed(child)


def _version(text: object) -> tuple[int, int]:
    """Major and minor version; where it is not told, a version that writes everything."""
    match = re.match(r"(\d{1,4})\.(\d{1,4})", text) if isinstance(text, str) else None
    return (int(match[1]), int(match[2])) if match else COMPLETE_SINCE


def _is_opentofu(document: Mapping[str, Any]) -> bool:
    configuration = document.get("configuration")
    providers = configuration.get("provider_config") if isinstance(configuration, dict) else None
    changes = document.get("resource_changes")
    named = [
        *_each(changes if isinstance(changes, list) else [], "provider_name"),
        *_each(list(providers.values()) if isinstance(providers, dict) else [], "full_name"),
    ]
    return any(name.startswith(OPENTOFU) for name in named)


def _each(entries: Sequence[object], name: str) -> list[str]:
    return [str(entry.get(name)) for entry in entries if isinstance(entry, dict)]
