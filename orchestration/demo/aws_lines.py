"""A month of AWS lines as numbers: usage, what commitments cover, and the monthly charges.

Column names and file formats are not known here; see `aws_rows.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from orchestration.demo.amounts import ONE, Ints, Mask, units
from orchestration.demo.aws_commitments import Reservation, SavingsPlan, cover
from orchestration.demo.company import AWS_ACCOUNTS, AWS_PAYER, Month
from orchestration.demo.meters import Book

KINDS = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation")
USAGE, DISCOUNTED, COVERED, NEGATION = range(4)

RESTATED = frozenset({"2026-02", "2026-08"})
"""Months that AWS delivered twice: the second time without some charges and with late ones."""


@dataclass(frozen=True)
class Lines:
    """Parallel columns of resource lines; money in units of 1e-10."""

    meter: Ints
    day: Ints
    kind: Ints
    quantity: Ints
    cost: Ints
    public: Ints
    effective: Ints
    copy: Ints
    """1 on charges that a later delivery withdraws."""

    def __len__(self) -> int:
        return len(self.meter)


@dataclass(frozen=True)
class Charge:
    """A single line that no meter makes: a fee, tax, credit or refund."""

    kind: str
    account: str
    product: str
    cost: int
    description: str
    day: int
    last: int
    usage_type: str = ""
    quantity: int = 1
    values: dict[str, int] = field(default_factory=dict)
    """Amounts of reservation and Savings Plan columns."""
    arn: str = ""


class AwsMonth:
    """One delivery of one month; iterate `batches()` first, then read `charges()`."""

    def __init__(
        self,
        book: Book,
        plan: SavingsPlan,
        reserved: list[Reservation],
        month: Month,
        *,
        first_delivery: bool = False,
        batch_rows: int = 60_000,
    ):
        self._book = book
        self._plan = plan
        self._reserved = reserved
        self._month = month
        self._early = first_delivery
        self._batch_rows = batch_rows
        meters = book.meters
        self._sp = np.array(
            [plan.rates.get(m.sku.key, 0) if m.coverage == "sp" else 0 for m in meters]
        )
        self._ri = np.array([_index(reserved, m.coverage) for m in meters])
        codes = sorted({(m.account, m.sku.fields["service"]) for m in meters})
        position = {code: i for i, code in enumerate(codes)}
        self._codes = codes
        self._code_of = np.array([position[(m.account, m.sku.fields["service"])] for m in meters])
        self._taxable = np.zeros(len(codes), dtype=np.int64)
        self._used: dict[str, int] = defaultdict(int)
        self._plan_days: list[Charge] = []
        plain = np.array([m.coverage == "" and m.start == 0 for m in meters])
        self._late = _every(np.flatnonzero(plain), 0)
        self._withdrawn = _every(np.flatnonzero(plain), 1)

    def batches(self) -> Iterator[Lines]:
        """The month's lines in bounded pieces, in the order of days."""
        parts: list[Lines] = []
        rows = 0
        for day in range(self._month.first, self._month.last):
            lines = self._day(day)
            np.add.at(self._taxable, self._code_of[lines.meter], lines.cost)
            parts.append(lines)
            rows += len(lines)
            if rows >= self._batch_rows:
                yield _concat(parts)
                parts, rows = [], 0
        if rows:
            yield _concat(parts)

    def _day(self, day: int) -> Lines:
        use = self._book.use(day)
        meter, quantity, public = use.meter, use.quantity, use.cost
        kind = np.full(len(meter), USAGE)
        cost = public.copy()
        effective = np.zeros(len(meter), dtype=np.int64)
        for number, reservation in enumerate(self._reserved):
            if day >= reservation.start:
                mine = self._ri[meter] == number
                kind[mine], cost[mine] = DISCOUNTED, 0
                effective[mine] = quantity[mine] * (reservation.recurring + reservation.upfront)
                self._used[reservation.key] += int(quantity[mine].sum())
        lines = [
            Lines(
                meter,
                np.full(len(meter), day),
                kind,
                quantity,
                cost,
                public,
                effective,
                np.zeros(len(meter), dtype=np.int64),
            )
        ]
        hours = self._book.hours(day)
        if hours:
            lines = self._with_plan(lines[0], day, hours)
        if self._early:
            lines = self._as_first_delivered(_concat(lines), day)
        return _concat(lines)

    def _with_plan(self, lines: Lines, day: int, hours: int) -> list[Lines]:
        """Split eligible lines into a covered part, its negation and what stays on demand."""
        eligible = np.flatnonzero((self._sp[lines.meter] > 0) & (lines.kind == USAGE))
        meter = lines.meter[eligible]
        covered = cover(self._plan, self._sp[meter], lines.quantity[eligible], hours)
        step = self._book.step[meter]
        rest = lines.quantity[eligible] - covered.hours
        lines.quantity[eligible] = rest
        lines.cost[eligible] = rest * step
        lines.public[eligible] = rest * step
        keep = np.ones(len(lines), dtype=bool)
        keep[eligible[rest == 0]] = False
        taken = covered.hours > 0
        meter, quantity = meter[taken], covered.hours[taken]
        amount = quantity * step[taken]
        size = len(meter)
        days, zero = np.full(size, day), np.zeros(size, dtype=np.int64)
        self._plan_days.append(
            Charge(
                "SavingsPlanRecurringFee",
                AWS_PAYER,
                "ComputeSavingsPlans",
                covered.committed,
                "1 year No Upfront Compute Savings Plan",
                day,
                day + 1,
                "ComputeSP:1yrNoUpfront",
                hours,
                {"total": covered.committed, "used": covered.used, "recurring": covered.committed},
                self._plan.arn,
            )
        )
        return [
            _take(lines, keep),
            Lines(
                meter,
                days,
                np.full(size, COVERED),
                quantity,
                amount,
                amount,
                quantity * self._sp[meter],
                zero,
            ),
            Lines(meter, days, np.full(size, NEGATION), quantity, -amount, zero, zero, zero),
        ]

    def _as_first_delivered(self, lines: Lines, day: int) -> list[Lines]:
        """What the earlier delivery said: late charges missing, withdrawn ones still there."""
        keep = np.ones(len(lines), dtype=bool)
        if day >= self._month.last - 3:
            keep = ~(np.isin(lines.meter, self._late) & (lines.kind == USAGE))
        out = [_take(lines, keep)]
        if 9 <= day - self._month.first < 12:
            doubled = _take(lines, np.isin(lines.meter, self._withdrawn) & (lines.kind == USAGE))
            out.append(
                Lines(
                    doubled.meter,
                    doubled.day,
                    doubled.kind,
                    doubled.quantity,
                    doubled.cost,
                    doubled.public,
                    doubled.effective,
                    np.ones_like(doubled.copy),
                )
            )
        return out

    def charges(self) -> list[Charge]:
        """Fees, support, credits, refunds and taxes of the month, once the batches are done."""
        month = self._month
        charges = [*self._plan_days, *self._reservation_fees()]
        taxable: dict[tuple[str, str], int] = defaultdict(int)
        for key, amount in zip(self._codes, self._taxable.tolist(), strict=True):
            taxable[key] += amount
        for charge in charges:
            taxable[(charge.account, charge.product)] += charge.cost
        support = _cents(sum(taxable.values()) // 10)
        charges.append(
            Charge(
                "Fee",
                AWS_PAYER,
                "AWSSupportBusiness",
                support,
                "AWS Support (Business)",
                month.first,
                month.first + month.length,
                "Dollar",
            )
        )
        taxable[(AWS_PAYER, "AWSSupportBusiness")] = support
        charges += _credits(month, self._early)
        for (account, code), amount in sorted(taxable.items()):
            if tax := _cents(amount // 5):
                charges.append(
                    Charge(
                        "Tax",
                        account,
                        code,
                        tax,
                        f"Tax for product code {code}",
                        month.first,
                        month.first + month.length,
                    )
                )
        return charges

    def _reservation_fees(self) -> Iterator[Charge]:
        month = self._month
        for r in self._reserved:
            if month.first <= r.start < month.last:
                yield Charge(
                    "Fee",
                    r.account,
                    _service(r.sku),
                    r.upfront_fee,
                    f"Sign up charge for subscription: {r.key}",
                    r.start,
                    r.start + 1,
                    _instance(r.sku, "HeavyUsage"),
                    r.count,
                    {},
                    r.arn,
                )
            hours = r.hours(month)
            if hours == 0:
                continue
            days = range(max(month.first, r.start), month.last)
            delivered = r.count * sum(self._book.hours(day) for day in days)
            unused = max(0, delivered - self._used[r.key])
            yield Charge(
                "RIFee",
                r.account,
                _service(r.sku),
                hours * r.recurring,
                f"{r.option} reservation, {r.count} instances",
                max(month.first, r.start),
                month.first + month.length,
                _instance(r.sku, "HeavyUsage"),
                hours,
                {
                    "unused_quantity": unused * ONE,
                    "unused_upfront": unused * r.upfront,
                    "unused_recurring": unused * r.recurring,
                    "amortized_upfront": hours * r.upfront,
                },
                r.arn,
            )


def _credits(month: Month, early: bool) -> Iterator[Charge]:
    first, last = month.first, month.first + month.length
    prod, data = AWS_ACCOUNTS["prod"], AWS_ACCOUNTS["data"]
    if month.name <= "2026-02":
        yield Charge(
            "Credit",
            prod,
            "AmazonEC2",
            -units("150"),
            "AWS Activate credit",
            first,
            last,
            "EU-BoxUsage:m5.xlarge",
        )
    if month.name == "2026-06":
        yield Charge(
            "Credit",
            prod,
            "AmazonCloudWatch",
            -units("18.37"),
            "Service level credit",
            first,
            last,
            "EU-DataProcessing-Bytes",
        )
    if month.name == "2026-01":
        yield Charge(
            "Refund",
            data,
            "AmazonS3",
            -units("42.11"),
            "Refund of duplicate requests",
            first,
            last,
            "EU-Requests-Tier1",
        )
    if month.name == "2026-08" and not early:
        yield Charge(
            "Refund",
            data,
            "AmazonRDS",
            -units("63.2"),
            "Refund after a failed storage migration",
            first,
            last,
            "EU-RDS:GP3-Storage",
        )


def _service(sku: str) -> str:
    return "AmazonRDS" if sku.startswith("rds") else "AmazonEC2"


def _instance(sku: str, prefix: str) -> str:
    kind = sku.split("_", 1)[1]
    return f"EU-{prefix}:{'db.' if sku.startswith('rds') else ''}{kind}"


def _cents(amount: int) -> int:
    """Rounded half up to whole cents."""
    cent = ONE // 100
    return (amount + cent // 2) // cent * cent


def _index(reserved: list[Reservation], key: str) -> int:
    return next((i for i, r in enumerate(reserved) if r.key == key), -1)


def _every(positions: Ints, offset: int) -> Ints:
    """About every thirtieth of the positions, at least one."""
    return positions[offset :: max(2, min(30, len(positions) // 2))]


def _take(lines: Lines, keep: Mask) -> Lines:
    return Lines(*(getattr(lines, name)[keep] for name in Lines.__dataclass_fields__))


def _concat(parts: list[Lines]) -> Lines:
    return Lines(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in Lines.__dataclass_fields__)
    )
