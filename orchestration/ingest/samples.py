"""samples.toml: real sample bills with where they go, in the form of exports.toml."""

from __future__ import annotations

from pathlib import Path

from orchestration.ingest.exports import Export, declared_exports
from orchestration.settings import PROJECT_ROOT

SAMPLES = PROJECT_ROOT / "tests" / "fixtures" / "billing" / "samples.toml"


def read_samples(file: Path = SAMPLES) -> list[Export]:
    """The sample bills as exports: `land_export(sample, None, lake)` lands one."""
    return declared_exports(file, "sample")
