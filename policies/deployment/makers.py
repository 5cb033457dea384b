"""Who makes a resource type: a mapping speaks only of the provider that it was written for.

Belongs here: telling that provider from others. Does not belong here: what its types cost.
"""

from __future__ import annotations

from functools import cache

from policies.deployment.mapping import TYPES, load_yaml


def is_known_maker(resource_type: str, provider: str) -> bool:
    """Whether `provider` (`registry.terraform.io/hashicorp/aws`) makes what the type says."""
    return provider in _makers().get(resource_type.partition("_")[0], frozenset())


@cache
def _makers() -> dict[str, frozenset[str]]:
    """The full names of the providers of each first word of a type."""
    file = load_yaml(TYPES / "makers.yaml")
    found = {
        word: frozenset(f"{host}/{source}" for host in file["hosts"] for source in sources)
        for word, sources in file["sources"].items()
    }
    return found | {word: frozenset({name}) for word, name in file["builtin"].items()}
