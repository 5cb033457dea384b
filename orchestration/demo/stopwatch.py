"""How long each step of the demo takes, and its share of the whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Stopwatch:
    """Seconds by step, in the order in which they ran."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        """Add the time spent inside to `step`."""
        started = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - started
            self.seconds[step] = self.seconds.get(step, 0.0) + spent

    @property
    def total(self) -> float:
        """Seconds of all steps together."""
        return sum(self.seconds.values())

    def as_rows(self) -> list[dict[str, Any]]:
        """For `report.json`: step, seconds, share of the whole."""
        return [
            {"step": step, "seconds": round(spent, 1), "share": round(spent / self.total, 3)}
            for step, spent in self.seconds.items()
        ]
