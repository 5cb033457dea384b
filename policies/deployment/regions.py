"""Regions that no plan tells, as the caller states them: from `AWS_REGION`, or a `local` value.

Belongs here: reading what is stated, and putting it where a plan says nothing. Does not belong
here: what a plan does say (`configuration.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from policies.deployment.changes import PlanError, ResourceChange
from policies.deployment.configuration import UNKNOWN_REGION, own_region
from policies.deployment.plan import Plan


def parse_regions(texts: Sequence[str]) -> dict[str, str]:
    """PROVIDER=REGION texts by provider, as the last part of its source names it: `aws`."""
    found: dict[str, str] = {}
    for text in texts:
        provider, _, name = text.partition("=")
        region = own_region({"region": name.strip()})
        if not provider.strip() or region is None:
            raise PlanError(f"--region {text!r} is not of the form PROVIDER=REGION: aws=eu-west-1")
        if found.setdefault(provider.strip(), region) != region:
            raise PlanError(f"--region has two regions for {provider.strip()}; give one")
    return found


def with_regions(plan: Plan, stated: Mapping[str, str]) -> Plan:
    """The plan with a region for whatever of these providers has none, and what was put where."""
    used: Counter[tuple[str, str]] = Counter()

    def placed(change: ResourceChange) -> ResourceChange:
        provider = change.provider.rpartition("/")[2]
        if change.region != UNKNOWN_REGION or provider not in stated:
            return change
        used[provider, stated[provider]] += 1
        return replace(change, region=stated[provider])

    unchanged = tuple(map(placed, plan.unchanged))
    used.clear()
    resources = tuple(map(placed, plan.resources))
    told = tuple((provider, region, count) for (provider, region), count in sorted(used.items()))
    return replace(plan, resources=resources, unchanged=unchanged, stated_regions=told)
