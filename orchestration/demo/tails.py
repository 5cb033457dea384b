"""The long tail: services whose total is given and whose number of resources is free.

A real bill's rows are mostly tiny. Growing the demo adds such resources and splits the same
daily quantities over more of them, so that Acme's economics hardly depend on the row count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.demo.amounts import hex_id
from orchestration.demo.company import PRODUCTS
from orchestration.demo.meters import Meter, Sku


@dataclass(frozen=True)
class Place:
    """Where a part of a service's use happens."""

    account: str
    product: str
    environment: str
    weight: float = 1.0


@dataclass(frozen=True)
class Tail:
    """One price whose daily total is spread over many resources."""

    sku: str
    daily: float
    """Quantity of the whole company on a plain full day."""
    share: float
    """Share of the free rows."""
    places: tuple[Place, ...]
    resource: str
    """Template of the resource id: {product}, {env}, {n} and {hex} are filled in."""
    profile: str = "web"
    noise: float = 0.16
    minimum: int = 1


def counts(tails: Sequence[Tail], lines: int) -> list[int]:
    """Resources per tail, so many in all: each its minimum, then by share (largest remainder)."""
    total = sum(t.share for t in tails)
    ideal = [max(float(t.minimum), lines * t.share / total) for t in tails]
    found = [int(value) for value in ideal]
    order = sorted(range(len(tails)), key=lambda i: found[i] - ideal[i])
    for i in order[: max(0, lines - sum(found))]:
        found[i] += 1
    return found


def minimum_lines(tails: Sequence[Tail]) -> int:
    """Lines a day that the tails cannot do without."""
    return sum(t.minimum for t in tails)


def spread(
    tails: Sequence[Tail],
    lines: int,
    skus: Mapping[str, Sku],
    seed: int,
    tagger: Tagger,
) -> list[Meter]:
    """Meters of all tails, as many as fit the number of lines a day."""
    meters: list[Meter] = []
    for index, (tail, count) in enumerate(zip(tails, counts(tails, lines), strict=True)):
        rng = np.random.default_rng([seed, 23, index])
        weights = np.exp(rng.standard_normal(count))
        places = [tail.places[i % len(tail.places)] for i in range(count)]
        used = {id(p): p.weight for p in places}
        mass: dict[int, float] = {}
        for place, weight in zip(places, weights, strict=True):
            mass[id(place)] = mass.get(id(place), 0.0) + float(weight)
        for n, (place, weight) in enumerate(zip(places, weights, strict=True)):
            part = float(weight) / mass[id(place)] * place.weight / sum(used.values())
            name = tail.resource.format(
                product=place.product,
                env=place.environment,
                n=n,
                hex=hex_id(seed, tail.sku, n),
                account=place.account,
            )
            meters.append(
                Meter(
                    skus[tail.sku],
                    name,
                    place.account,
                    tail.daily * part,
                    tail.profile,
                    tail.noise,
                    tags=tagger.tags(name, place.product, place.environment),
                )
            )
    return meters


class Tagger:
    """Gives resources their tags, with the gaps and slips that real tags have."""

    def __init__(self, seed: int):
        self._seed = seed

    def tags(self, resource: str, product: str, environment: str) -> dict[str, str]:
        """Tags of a resource; about one in six lacks some or spells one differently."""
        owner = PRODUCTS[product]
        slip = int(hex_id(self._seed, "tags", resource, length=6), 16) % 100
        if slip < 7:
            return {}
        full = {
            "team": owner.team,
            "product": product,
            "environment": environment,
            "cost_center": owner.cost_center,
        }
        if slip < 11:
            full["Team"] = full.pop("team")
        elif slip < 14:
            full["product"] = {"platform": "platfrom", "storefront": "store-front"}.get(
                product, product.capitalize()
            )
        elif slip < 18:
            del full["cost_center"]
        return full
