"""Which meters of a bill or a price list the mappings may look up.

Belongs here: what rate cards and vendors' lists keep. Does not belong here: how both are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from policies.deployment.mapping import PLACE, PartRule, TypeRule, type_rules


def meters(provider: str) -> list[tuple[str, re.Pattern[str]]]:
    """Service and pattern of every meter that a mapping of the provider may look up."""
    return _patterns(part for _, part in _parts(provider))


@cache
def used_meters(provider: str) -> list[tuple[str, re.Pattern[str]]]:
    """Those whose quantity no plan tells."""
    return _patterns(
        part
        for rule, part in _parts(provider)
        if any("usage" in rule.let.get(name, {}) for name in part.quantity)
    )


def _parts(provider: str) -> Iterator[tuple[TypeRule, PartRule]]:
    for rule in type_rules().values():
        yield from ((rule, part) for part in rule.parts if rule.provider == provider)


def _patterns(parts: Iterable[PartRule]) -> list[tuple[str, re.Pattern[str]]]:
    pairs = sorted({(part.service, part.meter) for part in parts})
    return [(service, _pattern(meter)) for service, meter in pairs]


def _pattern(template: str) -> re.Pattern[str]:
    # Literal pieces are at even places, the names of values at odd ones; a value may be empty.
    pieces = PLACE.split(template)
    text = (re.escape(piece) if n % 2 == 0 else ".*" for n, piece in enumerate(pieces))
    return re.compile("".join(text))
