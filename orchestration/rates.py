"""Measures the rate card in the marts: what each SKU really costs, its coverage, and the facts.

Belongs here: the queries behind `tollgate rates export`. Does not belong here: the card's form and
signature (`policies/deployment/ratecard.py`) and what its figures are used for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from orchestration.budgets import measured_budgets
from orchestration.ingest.engine import text
from orchestration.warehouse import Warehouse, WarehouseError
from policies.deployment.calibration import MIN_CHANGES, MIN_OBSERVATIONS
from policies.deployment.changes import one_case
from policies.deployment.meters import meters, used_meters
from policies.deployment.names import aws_sku, azure_skus, google_sku
from policies.deployment.pricing import ON_DEMAND, SPOT, Sku
from policies.deployment.recorded import PROVIDERS
from policies.deployment.units import plain
from policies.models import rfc3339

_PROVIDERS = {billed: ours for ours, billed in PROVIDERS.items()}
_PURCHASE = {"Standard": ON_DEMAND, "Dynamic": SPOT}
_DIGITS = Decimal("0.000000000001")
# Resources whose use is told one by one, the dearest first: a card stays some hundred kilobytes.
MAX_RESOURCES = 3000
# Days behind a month of 730 hours.
_MONTH_DAYS = Decimal(730) / 24

# What the price list calls the variant is in the bill only in its own words.
_VARIANT = """
case
    when service_provider_name <> 'AWS' then ''
    when charge_description like '%Oracle%' then 'oracle'
    when charge_description like '%SQL Server%' then 'sqlserver'
    when charge_description like '%with SQL%' then 'sqlserver'
    when charge_description like '%Aurora%PostgreSQL%' then 'aurora-postgresql'
    when charge_description like '%Aurora%MySQL%' then 'aurora-mysql'
    when charge_description like '%PostgreSQL%' then 'postgres'
    when charge_description like '%MySQL%' then 'mysql'
    when charge_description like '%MariaDB%' then 'mariadb'
    when charge_description like '%Windows%' then 'windows'
    when charge_description like '%RHEL%' or charge_description like '%Red Hat%' then 'rhel'
    when charge_description like '%SUSE%' then 'suse'
    when charge_description like '%Linux%' then 'linux'
    when charge_description like '%Application Load%' then 'application'
    when charge_description like '%Network Load%' then 'network'
    when charge_description like '%Gateway Load%' then 'gateway'
    when charge_description like '%Redis%' then 'redis'
    when charge_description like '%Valkey%' then 'valkey'
    when charge_description like '%Memcached%' then 'memcached'
    else ''
end
"""
_PRICED = """
from focus.fct_focus_charges
where charge_category = 'Usage' and charge_class is null and pricing_quantity > 0
    and service_provider_name in ('AWS', 'Microsoft', 'Google Cloud')
    and charge_period_start >= date '{first}' and charge_period_start < date '{end}'
"""
_RATES = f"""
select
    service_provider_name, coalesce(x_native_service, ''), coalesce(x_usage_type, ''),
    coalesce(sku_meter, ''), coalesce(region_id, ''), {_VARIANT} as variant,
    pricing_category, pricing_unit, billing_currency,
    count(*), sum(pricing_quantity), sum(effective_cost), sum(contracted_cost),
    percentile_disc(0.1) within group (order by contracted_unit_price),
    percentile_disc(0.9) within group (order by contracted_unit_price),
    min(charge_period_start), max(charge_period_start)
{_PRICED} and pricing_category in ('Standard', 'Dynamic', 'Committed')
group by 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
_USAGE = f"""
select
    service_provider_name, coalesce(x_native_service, ''), coalesce(x_usage_type, ''),
    coalesce(sku_meter, ''), resource_id, pricing_unit, cast(charge_period_start as date),
    sum(pricing_quantity)
{_PRICED} and resource_id in ({{resources}})
group by 1, 2, 3, 4, 5, 6, 7
"""
_DEAREST = f"""
select resource_id, sum(effective_cost) as cost
{_PRICED} and resource_id is not null and ({{meters}})
group by 1 order by 2 desc, 1 limit {MAX_RESOURCES}
"""
_COMMITMENTS = """
select
    service_provider_name, commitment_discount_id, commitment_discount_type, billing_currency,
    coalesce(sum(case when commitment_discount_status = 'Used' then effective_cost end), 0),
    coalesce(sum(case when commitment_discount_status = 'Unused' then effective_cost end), 0)
from focus.fct_focus_charges
where commitment_discount_id is not null and charge_category = 'Usage'
    and charge_period_start >= date '{first}' and charge_period_start < date '{end}'
group by 1, 2, 3, 4 order by 1, 2
"""
_FRESHNESS = """
select service_provider_name, max(charge_date) from marts.fct_daily_costs
where charge_category = 'Usage' and charge_date < date '{end}' group by 1 order by 1
"""
_CALIBRATION = f"""
select
    service_provider_name, resource_type, price_source, usage_basis, observations, changes,
    median_ratio, ratio_p10, ratio_p90, observations_above, observations_below, bills_until
from marts.fct_estimate_calibration
where cost_basis = 'uncovered' and price_source in ('own', 'list')
    and observations >= {MIN_OBSERVATIONS} and changes >= {MIN_CHANGES}
    and bills_until <= date '{{end}}'
order by 1, 2, 3, 4
"""
_DAMAGED = "select count(*) from marts.fct_reconciliation where difference <> 0"


@dataclass
class _Seen:
    """What the bills have of one SKU, in plain units."""

    currency: str
    unit: str
    lines: int = 0
    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    lows: list[Decimal] = field(default_factory=list)
    highs: list[Decimal] = field(default_factory=list)
    first: date = date.max
    last: date = date.min
    committed_quantity: Decimal = Decimal(0)
    committed_cost: Decimal = Decimal(0)
    # What the covered usage would have cost at the contract's prices, without its commitment.
    contracted: Decimal = Decimal(0)


def measure_card(
    warehouse: Warehouse,
    now: datetime,
    *,
    days: int = 60,
    min_lines: int = 10,
    until: date | None = None,
) -> dict[str, Any]:
    """The content of a rate card, from the last `days` that lie whole before `until` (UTC).

    A SKU needs `min_lines` line items; with fewer, its rate says too little. Without any usage it
    is a `WarehouseError`: to a gate, a card of no bills would say that nothing was spent.
    """
    freshness = warehouse.read(_FRESHNESS.format(end=until or now.date()))[1]
    if not freshness:
        raise WarehouseError(
            f"the marts have no usage before {until or now.date()}, so there is nothing to export: "
            "run `tollgate ingest` and `tollgate build`"
        )
    as_of = min(day for _, day in freshness)
    # The last day of a bill is still being delivered.
    window = {"first": as_of - timedelta(days=days), "end": as_of}
    rows = warehouse.read(_RATES.format(**window))[1]
    known = {provider: meters(provider) for provider in _PROVIDERS.values()}
    return {
        "issued_at": rfc3339(now),
        "data_as_of": f"{as_of.isoformat()}T00:00:00Z",
        "window": {"first": window["first"].isoformat(), "end": as_of.isoformat()},
        "min_line_items": min_lines,
        "rates": list(_rates(rows, known, min_lines)),
        "usage": _usage(warehouse, rows, window),
        # A look back must not see what only later bills have told.
        "calibration": _calibration(warehouse, until or date.max),
        "facts": {
            "budgets": _budgets(warehouse, now),
            "freshness": {
                "data_as_of": f"{as_of.isoformat()}T00:00:00Z",
                "reconciled": warehouse.read(_DAMAGED)[1][0][0] == 0,
                "providers": {name: day.isoformat() for name, day in freshness},
            },
            "commitments": _commitments(warehouse, window, days),
        },
    }


def bill_skus(  # noqa: PLR0917  (columns of the mart, in their order)
    provider: str, service: str, usage_type: str, meter: str, region: str, variant: str = ""
) -> Iterator[Sku]:
    """The SKUs of a line of the mart, on demand unless its own name says spot."""
    if provider == "AWS":
        sku = aws_sku(service, usage_type, region, variant)
        if sku is not None:
            yield sku
    elif provider == "Microsoft":
        yield from azure_skus(service, meter, usage_type, region)
    elif provider == "Google Cloud":
        yield google_sku(service, meter, region)


def _rates(rows: Sequence[Any], known: Any, min_lines: int) -> Iterator[dict[str, Any]]:
    seen: dict[tuple[Sku, str], _Seen] = {}
    for row in rows:
        (provider, service, usage_type, meter, region, variant, category, unit, currency,
         lines, quantity, cost, contracted, low, high, first, last) = row  # fmt: skip
        name, factor = plain(unit or "")
        for sku in bill_skus(provider, service, usage_type, meter, region, variant):
            if not name or not _looked_up(sku, known[sku.provider]):
                continue
            purchase = _PURCHASE.get(category, sku.purchase)
            key = (sku._replace(purchase=purchase), f"{currency} {name}")
            entry = seen.setdefault(key, _Seen(currency, name))
            if category == "Committed":
                entry.committed_quantity += quantity * factor
                entry.committed_cost += cost
                entry.contracted += contracted
            else:
                entry.quantity += quantity * factor
                entry.cost += cost
            entry.lines += lines
            entry.lows += [] if low is None else [Decimal(low) / factor]
            entry.highs += [] if high is None else [Decimal(high) / factor]
            entry.first = min(entry.first, _day(first))
            entry.last = max(entry.last, _day(last))
    for (sku, _), entry in sorted(seen.items(), key=lambda item: item[0]):
        if entry.lines >= min_lines and entry.cost + entry.contracted > 0:
            yield {**sku._asdict(), **_rate(entry)}


def _rate(entry: _Seen) -> dict[str, Any]:
    total = entry.quantity + entry.committed_quantity
    # A SKU that is always covered has its uncovered price only as its contract's.
    price = (
        entry.cost / entry.quantity
        if entry.quantity and entry.cost
        else entry.contracted / entry.committed_quantity
    )
    rate = {
        "unit": entry.unit,
        "currency": entry.currency,
        "price": _fixed(price),
        "low": _fixed(min([price, *entry.lows])),
        "high": _fixed(max([price, *entry.highs])),
        "line_items": entry.lines,
        "first_day": entry.first.isoformat(),
        "last_day": entry.last.isoformat(),
    }
    if entry.committed_quantity:
        rate["committed"] = _fixed((entry.cost + entry.committed_cost) / total)
        rate["coverage_pct"] = int(100 * entry.committed_quantity / total)
    return rate


def _looked_up(sku: Sku, known: Any) -> bool:
    return any(sku.service == service and form.fullmatch(sku.meter) for service, form in known)


def _usage(warehouse: Warehouse, rows: Sequence[Any], window: dict[str, date]) -> list[Any]:
    """What the dearest resources use a month of what no plan tells: least, mean and most."""
    wanted = {
        (row[0], row[1], row[2], row[3])
        for row in rows
        for sku in bill_skus(row[0], row[1], row[2], row[3], row[4])
        if _looked_up(sku, used_meters(sku.provider))
    }
    if not wanted:
        return []
    columns = ("service_provider_name", "coalesce(x_native_service, '')",
               "coalesce(x_usage_type, '')", "coalesce(sku_meter, '')")  # fmt: skip
    condition = " or ".join(
        "(" + " and ".join(f"{c} = {text(v)}" for c, v in zip(columns, row, strict=True)) + ")"
        for row in sorted(wanted)
    )
    dearest = warehouse.read(_DEAREST.format(meters=condition, **window))[1]
    resources = ", ".join(text(name) for name, _ in dearest)
    if not resources:
        return []
    days: dict[tuple[str, str, str], dict[date, Decimal]] = {}
    for provider, service, usage_type, meter, resource, unit, day, quantity in warehouse.read(
        _USAGE.format(resources=resources, **window)
    )[1]:
        name, factor = plain(unit or "")
        for sku in bill_skus(provider, service, usage_type, meter, ""):
            if name and _looked_up(sku, used_meters(sku.provider)):
                by_day = days.setdefault((one_case(resource), sku.service, sku.meter), {})
                by_day[day] = by_day.get(day, Decimal(0)) + quantity * factor
    return [
        _use(key, [by_day[day] for day in sorted(by_day)]) for key, by_day in sorted(days.items())
    ]


def _use(key: tuple[str, str, str], amounts: list[Decimal]) -> dict[str, str]:
    """Low and high are those of whole weeks, so that a quiet Sunday is no month."""
    weeks = [sum(amounts[n : n + 7], Decimal(0)) / 7 for n in range(0, len(amounts) - 6, 7)] or [
        sum(amounts, Decimal(0)) / len(amounts)
    ]
    mean = sum(amounts, Decimal(0)) / len(amounts)
    low, high = min([*weeks, mean]), max([*weeks, mean])
    resource, service, meter = key
    return {
        "resource_id": resource,
        "service": service,
        "meter": meter,
        "low": _fixed(low * _MONTH_DAYS),
        "likely": _fixed(mean * _MONTH_DAYS),
        "high": _fixed(high * _MONTH_DAYS),
    }


def _calibration(warehouse: Warehouse, end: date) -> list[dict[str, Any]]:
    """How near estimates came to their bills, where there are enough of them to say so."""
    return [
        {
            "provider": _PROVIDERS[provider],
            "type": kind,
            "price_source": source,
            "usage_basis": basis,
            "observations": observations,
            "changes": changes,
            "median": _fixed(median),
            "low": _fixed(low),
            "high": _fixed(high),
            "above": above,
            "below": below,
            "bills_until": bills_until.isoformat(),
        }
        for (provider, kind, source, basis, observations, changes,
             median, low, high, above, below, bills_until)
        in warehouse.read(_CALIBRATION.format(end=end))[1]
    ]  # fmt: skip


def _commitments(warehouse: Warehouse, window: dict[str, date], days: int) -> list[dict[str, str]]:
    month = _MONTH_DAYS / days
    return [
        {
            "provider": _PROVIDERS.get(str(provider), str(provider)),
            "commitment_id": commitment,
            "type": kind or "unknown",
            "currency": currency,
            "used_monthly": f"{used * month:.2f}",
            "unused_monthly": f"{unused * month:.2f}",
        }
        for provider, commitment, kind, currency, used, unused in warehouse.read(
            _COMMITMENTS.format(**window)
        )[1]
    ]


def _budgets(warehouse: Warehouse, now: datetime) -> list[dict[str, str]]:
    """Spend, forecast and its band of each scope that has been measured, for the month of `now`."""
    return [
        {
            "scope": scope,
            "month": f"{now:%Y-%m}",
            "currency": budget.currency,
            "covers": budget.covers,
            "spent": f"{budget.spent:.2f}",
            "forecast": f"{budget.forecast:.2f}",
            "forecast_low": f"{budget.forecast_low:.2f}",
            "forecast_high": f"{budget.forecast_high:.2f}",
            **({"unbilled_covers": budget.unbilled_covers} if budget.unbilled_covers else {}),
        }
        for scope, budget in measured_budgets(warehouse, now).items()
        if budget.source == "measured"
    ]


def _fixed(value: Decimal) -> str:
    return f"{value.quantize(_DIGITS, ROUND_HALF_EVEN):f}"


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value
