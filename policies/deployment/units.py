"""Units of price lists and bills, brought to a few plain ones, so that prices can be compared.

Belongs here: names of units and their factors. Does not belong here: what is bought in them.
"""

from __future__ import annotations

import re
from decimal import Decimal

# Months of 730 hours, as every cloud's own calculator has them.
HOURS_PER_MONTH = Decimal(730)

# One of the left is so many of the right. GB and GiB are the same to the bills that we read.
_PLAIN: dict[str, tuple[str, Decimal]] = {
    **dict.fromkeys(("hrs", "hours", "hour", "h", "hr"), ("hour", Decimal(1))),
    **dict.fromkeys(("lcu-hrs", "acu-hr", "acu-hrs"), ("hour", Decimal(1))),
    **dict.fromkeys(("readcapacityunit-hrs", "writecapacityunit-hrs"), ("hour", Decimal(1))),
    **dict.fromkeys(("vcpu-hours", "vcpu-hrs"), ("hour", Decimal(1))),
    **dict.fromkeys(("shardhour", "streamhour"), ("hour", Decimal(1))),
    **dict.fromkeys(("gb", "gib", "gibibyte", "giby"), ("gb", Decimal(1))),
    **dict.fromkeys(("tebibyte", "tib", "tiby"), ("gb", Decimal(1024))),
    **dict.fromkeys(
        ("gb-mo", "gb-month", "gib-mo", "gb/month", "gibibyte month", "giby.mo"),
        ("gb_month", Decimal(1)),
    ),
    **dict.fromkeys(
        ("gb-hours", "gb-hrs", "gibibyte hour", "giby.h", "gib hour"), ("gb_hour", Decimal(1))
    ),
    **dict.fromkeys(
        ("lambda-gb-second", "gb-second", "gb-seconds", "gb second", "giby.s", "gibibyte second"),
        ("gb_second", Decimal(1)),
    ),
    **dict.fromkeys(("second", "seconds", "s"), ("second", Decimal(1))),
    **dict.fromkeys(("minute", "min"), ("second", Decimal(60))),
    **dict.fromkeys(("iops-mo", "iops-month"), ("iops_month", Decimal(1))),
    **dict.fromkeys(("gibps-mo", "gibps-month"), ("gibps_month", Decimal(1))),
    **dict.fromkeys(("mbps-mo", "mibps-mo"), ("gibps_month", Decimal(1) / 1024)),
    **dict.fromkeys(("/month", "mo", "month", "months"), ("month", Decimal(1))),
    **dict.fromkeys(("/day", "day", "days"), ("day", Decimal(1))),
    **dict.fromkeys(("/hour",), ("hour", Decimal(1))),
    **dict.fromkeys(
        (
            "requests", "request", "count", "", "ios", "readrequestunits", "writerequestunits",
            "quantity", "units", "keys", "alarms", "hostedzone", "messages", "metrics",
            "putrequest", "queries", "secrets", "traces",
        ),
        ("count", Decimal(1)),
    ),
}  # fmt: skip
_MULTIPLES = {"": 1, "k": 1000, "m": 1_000_000}
# "100 Hours", "10K", "1 GB/Month", "1/Month": how many of what.
_COUNTED = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([km]?)(?![a-z])\s*(.*)$", re.IGNORECASE)
# Of these, so many make the other.
_CONVERTED = {
    ("hour", "month"): HOURS_PER_MONTH,
    ("day", "month"): HOURS_PER_MONTH / 24,
    ("gb_hour", "gb_month"): HOURS_PER_MONTH,
    ("second", "hour"): Decimal(3600),
}
PLAIN_UNITS = frozenset(name for name, _ in _PLAIN.values())


def plain(unit: str) -> tuple[str, Decimal]:
    """A unit's plain name and how many of it one of `unit` is; `("", 1)` if it is not known."""
    text, count = unit.strip().lower(), Decimal(1)
    counted = _COUNTED.match(text)
    if counted:
        count = Decimal(counted[1]) * _MULTIPLES[counted[2].lower()]
        text = counted[3].strip()
    name, factor = _PLAIN.get(text, ("", Decimal(1)))
    return name, count * factor


def converted(price: Decimal, unit: str, wanted: str) -> Decimal | None:
    """A price per plain `unit` as a price per plain `wanted`; None if they cannot be compared."""
    if unit == wanted:
        return price
    if (unit, wanted) in _CONVERTED:
        return price * _CONVERTED[unit, wanted]
    if (wanted, unit) in _CONVERTED:
        return price / _CONVERTED[wanted, unit]
    return None
