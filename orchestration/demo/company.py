"""Who Acme is: its calendar, accounts, products, teams and tenants.

Belongs here: plain facts that every bill of the demo company shares. Prices and resources are in
the catalogues, planted stories in `planted.py`.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAY = date(2025, 9, 1)
AS_OF = date(2026, 10, 28)
DAYS = (AS_OF - FIRST_DAY).days + 1
"""Days are counted from `FIRST_DAY`; the demo's time is fixed, never the clock."""


@dataclass(frozen=True)
class Month:
    """One billing month: day indices are half-open, `first` up to `last`."""

    name: str
    start: date
    end: date
    first: int
    last: int
    """The day after the month's last day that has begun by `AS_OF`."""

    @property
    def length(self) -> int:
        """Calendar days of the whole month, delivered or not."""
        return (self.end - self.start).days


def _months() -> tuple[Month, ...]:
    found = []
    start = FIRST_DAY
    while start <= AS_OF:
        end = start + timedelta(days=calendar.monthrange(start.year, start.month)[1])
        first = (start - FIRST_DAY).days
        last = min((end - FIRST_DAY).days, DAYS)
        found.append(Month(start.strftime("%Y-%m"), start, end, first, last))
        start = end
    return tuple(found)


MONTHS = _months()


def day_index(text: str) -> int:
    """Index of an ISO date, counted from `FIRST_DAY`."""
    return (date.fromisoformat(text) - FIRST_DAY).days


def day_date(index: int) -> date:
    """The date of a day index."""
    return FIRST_DAY + timedelta(days=index)


def delivered_hours(last_days: dict[str, int]) -> list[int]:
    """Hours of each day that a provider has delivered by `AS_OF`: its arrival curve."""
    hours = [24] * DAYS
    for day, value in last_days.items():
        hours[day_index(day)] = value
    return hours


# Clouds deliver the last days late and in parts, each at its own pace.
AWS_HOURS = delivered_hours({"2026-10-27": 17, "2026-10-28": 5})
AZURE_HOURS = delivered_hours({"2026-10-27": 10, "2026-10-28": 0})
GCP_HOURS = delivered_hours({"2026-10-27": 20, "2026-10-28": 8})
KUBERNETES_HOURS = delivered_hours({"2026-10-28": 0})
SAAS_HOURS = delivered_hours({"2026-10-27": 0, "2026-10-28": 0})


@dataclass(frozen=True)
class Product:
    """A product Acme sells, the team that runs it and the cost centre that pays."""

    name: str
    team: str
    cost_center: str


PRODUCTS = {
    p.name: p
    for p in (
        Product("storefront", "web", "cc-1010"),
        Product("checkout", "payments", "cc-1020"),
        Product("search", "discovery", "cc-1030"),
        Product("analytics", "insights", "cc-1040"),
        Product("platform", "platform", "cc-1900"),
        Product("shared", "platform", "cc-1900"),
    )
}

CUSTOMER_PRODUCTS = ("storefront", "checkout", "search", "analytics")


@dataclass(frozen=True)
class Tenant:
    """A customer of Acme: its share of the traffic and the day it signed."""

    tenant_id: str
    weight: float
    since: int = 0


# fmt: off
TENANTS = (
    Tenant("t-aurora", 22.0),
    Tenant("t-bluefin", 16.0),
    Tenant("t-cobalt", 12.0),
    Tenant("t-dunes", 9.5),
    Tenant("t-ember", 8.0),
    Tenant("t-fjord", 7.0),
    Tenant("t-grove", 6.0),
    Tenant("t-harbor", 5.0),
    Tenant("t-iris", 4.0),
    Tenant("t-juniper", 3.5, day_index("2025-12-01")),
    Tenant("t-kestrel", 3.0, day_index("2026-03-16")),
    Tenant("t-lumen", 2.5, day_index("2026-07-01")),
)
# fmt: on

AWS_PAYER = "111122223333"
AWS_ACCOUNTS = {
    "prod": "222233334444",
    "data": "333344445555",
    "dev": "444455556666",
    # A leading zero, which a bill read as numbers would lose.
    "shared": "012345678901",
}
AWS_ACCOUNT_NAMES = {
    AWS_PAYER: "acme-payer",
    **{number: f"acme-{name}" for name, number in AWS_ACCOUNTS.items()},
}
AWS_MIGRATION = "2026-04"
"""The first month that Acme receives as CUR 2.0; earlier ones are legacy reports."""

AZURE_ENROLMENT = "8412296"
AZURE_SUBSCRIPTIONS = {
    "prod": ("5f0c2b7e-8d41-4a6b-9c37-1e2d3f4a5b6c", "Acme Analytics Production"),
    "dev": ("9a1d4c83-27be-4f50-8e6a-7b8c9d0e1f2a", "Acme Analytics Development"),
}

GCP_BILLING_ACCOUNT = "01A2B3-C4D5E6-F7A8B9"
GCP_PROJECTS = {
    "prod": ("acme-search-prod", "481516234201"),
    "dev": ("acme-search-dev", "481516234202"),
    "ml": ("acme-ml", "481516234203"),
}

EKS_CLUSTER = "acme-prod-eks"
SAAS_PROVIDER = "Beacon Observability"
SAAS_ACCOUNT = "BEA-20417"
