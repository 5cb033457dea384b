"""A month of Azure lines as numbers, in both views: as billed, and amortised over usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.demo.amounts import ONE, Ints, Mask, guid, units
from orchestration.demo.company import Month
from orchestration.demo.meters import Book, Meter

RESTATED = frozenset({"2026-09"})
"""Months that Azure delivered twice."""

ON_DEMAND, SPOT, RESERVED, PLANNED = range(4)
MODELS = ("OnDemand", "Spot", "Reservation", "SavingsPlan")


@dataclass(frozen=True)
class AzureLines:
    """Parallel columns of usage lines; amounts in 1e-10 euros, quantities in the SKU's steps."""

    meter: Ints
    day: Ints
    model: Ints
    quantity: Ints
    actual: Ints
    amortised: Ints

    def __len__(self) -> int:
        return len(self.meter)


@dataclass(frozen=True)
class AzureCharge:
    """A line that no meter makes: a purchase, unused commitment or rounding."""

    charge_type: str
    model: str
    day: int
    quantity: int
    """In 1e-10 units."""
    cost: int
    product: str
    unit: str
    frequency: str
    commitment: str = ""
    publisher: str = "Microsoft"
    category: str = "Virtual Machines"


@dataclass(frozen=True)
class AzureCommitments:
    """One reservation, billed monthly, and one savings plan with an hourly commitment."""

    reserved_machines: int
    monthly_fee: int
    hourly: int
    reservation_order: str
    plan_order: str


PLAN_RATE = units("0.1755")
"""Euros per hour of an E4s v5 under the savings plan."""


def commitments(meters: Sequence[Meter], seed: int) -> AzureCommitments:
    """Commitments that leave a little unused: the reservation at week-ends, the plan sometimes."""
    reserved = sum(m.coverage == "reservation" for m in meters)
    planned = sum(m.coverage == "savingsplan" for m in meters)
    return AzureCommitments(
        reserved,
        reserved * units("89.79"),
        max(1, round(planned * 0.84 * PLAN_RATE / (ONE // 1000))) * (ONE // 1000),
        guid(seed, "azure-reservation"),
        guid(seed, "azure-savings-plan"),
    )


class AzureMonth:
    """One delivery of one month; iterate `batches()` first, then read the charges."""

    def __init__(
        self,
        book: Book,
        bought: AzureCommitments,
        month: Month,
        *,
        first_delivery: bool = False,
        batch_rows: int = 30_000,
    ):
        self._book = book
        self._bought = bought
        self._month = month
        self._early = first_delivery
        self._batch_rows = batch_rows
        meters = book.meters
        models = {"": ON_DEMAND, "spot": SPOT, "reservation": RESERVED, "savingsplan": PLANNED}
        self._model = np.array([models[m.coverage] for m in meters], dtype=np.int64)
        plain = np.flatnonzero([m.coverage == "" and m.start == 0 for m in meters])
        self._late = plain[:: max(2, min(20, len(plain) // 2))]
        self._unused: list[AzureCharge] = []
        self._hours_before = 0

    def batches(self) -> Iterator[AzureLines]:
        """The month's usage lines in bounded pieces, in the order of days."""
        parts: list[AzureLines] = []
        rows = 0
        for day in range(self._month.first, self._month.last):
            lines = self._day(day)
            parts.append(lines)
            rows += len(lines)
            if rows >= self._batch_rows:
                yield _concat(parts)
                parts, rows = [], 0
        if rows:
            yield _concat(parts)

    def _day(self, day: int) -> AzureLines:
        use = self._book.use(day)
        meter, quantity = use.meter, use.quantity
        model = self._model[meter]
        if self._early:
            keep = ~(np.isin(meter, self._late) & (day >= self._month.last - 4))
            meter, quantity, model = meter[keep], quantity[keep], model[keep]
        plain = quantity * self._book.step[meter]
        if self._early:
            # Withdrawn later: these first days were priced a tenth too high.
            wrong = np.isin(meter, self._late) & (day < self._month.first + 2)
            plain = np.where(wrong, plain + plain // 10, plain)
        lines = AzureLines(
            meter,
            np.full(len(meter), day),
            model,
            quantity,
            np.where(model >= RESERVED, 0, plain),
            plain.copy(),
        )
        self._amortise_reservation(lines, day)
        return self._amortise_plan(lines, day)

    def _amortise_reservation(self, lines: AzureLines, day: int) -> None:
        """Spread the month's fee over its hours, exactly; what no machine used stays unused."""
        mine = np.flatnonzero(lines.model == RESERVED)
        hours = self._book.hours(day) * self._bought.reserved_machines
        if hours == 0:
            return
        used = lines.quantity[mine]
        edges = self._hours_before + np.concatenate([[0], np.cumsum(used)])
        paid = self._paid(edges)
        lines.amortised[mine] = np.diff(paid)
        self._hours_before += hours
        rest = hours - int(used.sum())
        if rest > 0:
            cost = int(self._paid(np.array([self._hours_before]))[0] - paid[-1])
            self._unused.append(
                AzureCharge(
                    "UnusedReservation",
                    "Reservation",
                    day,
                    rest * ONE,
                    cost,
                    "Reserved VM Instance, Standard_D4s_v5, EU West, 1 Year",
                    "1 Hour",
                    "UsageBased",
                    "reservation",
                )
            )

    def _paid(self, hours: Ints) -> Ints:
        whole = self._month.length * 24 * self._bought.reserved_machines
        return np.array([self._bought.monthly_fee * int(h) // whole for h in hours], dtype=np.int64)

    def _amortise_plan(self, lines: AzureLines, day: int) -> AzureLines:
        """Whole hours under the plan in order until the commitment is used; rest on demand."""
        mine = np.flatnonzero(lines.model == PLANNED)
        delivered = self._book.hours(day)
        if delivered == 0:
            return lines
        committed = self._bought.hourly * delivered
        want = lines.quantity[mine]
        before = np.cumsum(want) - want
        covered = np.clip(committed // PLAN_RATE - before, 0, want)
        rest = want - covered
        unused = committed - int(covered.sum()) * PLAN_RATE
        if unused > 0:
            self._unused.append(
                AzureCharge(
                    "UnusedSavingsPlan",
                    "SavingsPlan",
                    day,
                    unused,
                    unused,
                    "Compute savings plan, 1 Year",
                    "1",
                    "UsageBased",
                    "savingsplan",
                )
            )
        step = self._book.step[lines.meter[mine]]
        lines.quantity[mine] = covered
        lines.amortised[mine] = covered * PLAN_RATE
        keep = np.ones(len(lines), dtype=bool)
        keep[mine[covered == 0]] = False
        over = rest > 0
        plain = rest[over] * step[over]
        extra = AzureLines(
            lines.meter[mine][over],
            np.full(int(over.sum()), day),
            np.full(int(over.sum()), ON_DEMAND),
            rest[over],
            plain,
            plain.copy(),
        )
        return _concat([_take(lines, keep), extra])

    def actual_charges(self) -> list[AzureCharge]:
        """Purchases as billed, and what both views share."""
        month, bought = self._month, self._bought
        plan_fee = bought.hourly * 24 * month.length
        return [
            AzureCharge(
                "Purchase",
                "Reservation",
                month.first,
                bought.reserved_machines * ONE,
                bought.monthly_fee,
                "Reserved VM Instance, Standard_D4s_v5, EU West, 1 Year",
                "1 Hour",
                "Recurring",
                "reservation",
            ),
            AzureCharge(
                "Purchase",
                "SavingsPlan",
                month.first,
                ONE,
                plan_fee,
                "Compute savings plan, 1 Year",
                "1",
                "Recurring",
                "savingsplan",
            ),
            *self._both(),
        ]

    def amortised_charges(self) -> list[AzureCharge]:
        """Unused commitment, and what both views share."""
        return [*self._unused, *self._both()]

    def _both(self) -> list[AzureCharge]:
        month = self._month
        charges = []
        if month.first + 4 < month.last:
            charges.append(
                AzureCharge(
                    "Purchase",
                    "OnDemand",
                    month.first + 4,
                    ONE,
                    units("420"),
                    "Fabrikam Data Quality - Team plan",
                    "1/Month",
                    "Recurring",
                    "",
                    "Fabrikam Data Ltd",
                    "SaaS",
                )
            )
        if month.last - month.first == month.length:
            charges.append(
                AzureCharge(
                    "RoundingAdjustment",
                    "OnDemand",
                    month.last - 1,
                    0,
                    units("0.0043"),
                    "Rounding Adjustment",
                    "1",
                    "OneTime",
                    "",
                    "Microsoft",
                    "Rounding",
                )
            )
        return charges


def _take(lines: AzureLines, keep: Mask) -> AzureLines:
    return AzureLines(*(getattr(lines, n)[keep] for n in AzureLines.__dataclass_fields__))


def _concat(parts: list[AzureLines]) -> AzureLines:
    names = AzureLines.__dataclass_fields__
    return AzureLines(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))
