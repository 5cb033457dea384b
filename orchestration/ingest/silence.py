"""Whether bills still arrive: an export that has been silent for longer than it usually is.

A bill that stops raises no alarm of its own: every figure stays as it was, and looks calm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from orchestration.ingest.exports import Export, exports_of, read_exports
from orchestration.ingest.manifest import Manifest, Previous, landed

# Clouds skip a day now and then, and mend it by the next.
_LEAST_DAYS = 3
# How often the usual gap: a delivery that is missed once may come with the next one.
_PATIENCE = 3
# With fewer deliveries nobody knows what is usual.
_LEAST_GAPS = 3


@dataclass(frozen=True)
class Silence:
    """An export that nothing has arrived of for longer than usual; times are UTC days."""

    feed: str
    export: str
    last: datetime
    """When its newest delivery was received."""
    days: int
    """How long ago that was."""
    usual_days: float
    """The median time between the deliveries before."""

    @property
    def problem(self) -> str:
        """What is missing, and what to do."""
        return (
            f"{self.feed}/{self.export}: nothing new since {self.last:%Y-%m-%d}, {self.days} days"
            f" ago, where it usually changes every {self.usual_days:g}. See whether the provider"
            " still exports it; if it has ended, take it out of exports.toml."
        )


def silent(declared: Path, lake: Path, now: datetime, feed: str | None = None) -> list[Silence]:
    """The exports in `declared` of which no delivery came for three times as long as usual.

    Only deliveries that changed something are known: the same content again is not recorded.
    """
    exports = exports_of(declared, feed) if feed else read_exports(declared)
    return _silent(exports, landed(lake, feed), now)


def _silent(
    exports: Iterable[Export], manifests: Iterable[Manifest], now: datetime
) -> list[Silence]:
    days: dict[tuple[str, str], set[datetime]] = {}
    for manifest in manifests:
        versions: tuple[Manifest | Previous, ...] = (manifest, *manifest.previous)
        received = {version.data_as_of or version.landed_at for version in versions}
        place = (manifest.feed, manifest.export)
        days.setdefault(place, set()).update(_day(moment) for moment in received if moment)
    today = now.astimezone(UTC)
    found = []
    for export in exports:
        arrived = sorted(days.get((export.feed, export.name), ()))
        gaps = [(after - before).days for before, after in pairwise(arrived)]
        if len(gaps) < _LEAST_GAPS:
            continue
        usual, ago = float(median(gaps)), (today - arrived[-1]).days
        if ago > max(_LEAST_DAYS, _PATIENCE * usual):
            found.append(Silence(export.feed, export.name, arrived[-1], ago, usual))
    return found


def _day(moment: str) -> datetime:
    day = datetime.fromisoformat(moment).astimezone(UTC)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)
