"""Where in the code of a change its findings belong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """A line (from 1) of a file, as a path with `/` from the root of the checkout."""

    file: str
    line: int = 1


@dataclass(frozen=True)
class Places:
    """The place of each subject that is known; what is not known belongs to the plan's file."""

    default: Place = field(default_factory=lambda: Place("plan.json"))
    known: Mapping[str, Place] = field(default_factory=dict)

    def of(self, subject: str) -> Place:
        """Where a finding on `subject` is shown."""
        return self.known.get(subject, self.default)
