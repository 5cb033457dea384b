"""Opens what a run prices with: the rate card, downloaded lists, the sample, the usage file.

Belongs here: their order and what the gate is told of them. Does not belong here: their forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from policies.deployment.calibration import Calibration
from policies.deployment.pricing import PriceBook
from policies.deployment.ratecard import RateCard, read_card
from policies.deployment.sample import sample_prices
from policies.deployment.usage import Usage, read_usage
from policies.deployment.vendor.listing import read_list


@dataclass(frozen=True)
class Sources:
    """The prices and the use of one run, in the order in which they are asked."""

    book: PriceBook
    usage: Usage = field(default_factory=Usage)
    card: RateCard | None = None
    lists: tuple[dict[str, Any], ...] = ()

    @property
    def calibration(self) -> Calibration:
        """What past bills say of such estimates; nothing without a rate card."""
        return {} if self.card is None else self.card.calibration

    def facts(self) -> dict[str, Any]:
        """What the gate is told: which card and lists, how fresh, which commitments."""
        card = self.card
        return {
            "rate_card": None if card is None else card.about(),
            "freshness": None if card is None else card.facts["freshness"],
            "commitments": [] if card is None else card.facts["commitments"],
            "price_lists": [
                {name: head[name] for name in ("provider", "published", "downloaded_at", "sha256")}
                for head in self.lists
            ],
        }


def open_sources(
    currency: str,
    *,
    rates: Path | None = None,
    lists: Sequence[Path] = (),
    usage: Path | None = None,
) -> Sources:
    """Own rates first, then vendors' lists, then the sample; errors name the file."""
    card = None if rates is None else read_card(rates)
    read = [read_list(path) for path in lists]
    ordered = [*([card.prices] if card else []), *(prices for _, prices in read), sample_prices()]
    known = Usage() if usage is None else read_usage(usage)
    if card is not None:
        known = replace(known, history=card.history)
    return Sources(PriceBook(ordered, currency), known, card, tuple(head for head, _ in read))
