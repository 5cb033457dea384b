"""`make bench`: how near an estimate from own rates comes to the bill that follows it.

The demo company's warehouse (`TOLLGATE_HOME`, built by `make demo`) is cut in two: the rate card is
measured before a day, and each resource that runs through the following 30 days is priced from it
as a plan would have it: by type, size and region, on the attributes that its bill shows.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.rates import measure_card
from orchestration.settings import load_settings
from orchestration.warehouse import Warehouse, WarehouseError
from policies.deployment.changes import ResourceChange
from policies.deployment.estimate import estimate
from policies.deployment.plan import Plan
from policies.deployment.pricing import OWN, PriceBook
from policies.deployment.ratecard import read_card, write_card
from policies.deployment.sample import sample_prices

DAYS = 30
LIMIT = Decimal("0.05")
# Only what a plan states: resources that ran every day, on the SKUs of their first day.
BILLS = """
select resource_id, service_provider_name, billing_currency, region_id,
    coalesce(x_usage_type, ''), coalesce(sku_meter, ''), pricing_category,
    count(distinct cast(charge_period_start as date)), sum(pricing_quantity), sum(effective_cost)
from focus.fct_focus_charges
where charge_category = 'Usage' and resource_id is not null and pricing_quantity > 0
    and charge_period_start >= date '{first}' and charge_period_start < date '{end}'
group by 1, 2, 3, 4, 5, 6, 7
"""
MACHINE = re.compile(r"(?:\w+-)?(Box|Spot)Usage:(\S+)")
DATABASE = re.compile(r"(?:\w+-)?InstanceUsage:(\S+)")
VOLUME = re.compile(r"(?:\w+-)?EBS:VolumeUsage\.(gp2|gp3)")


def as_planned(provider: str, usage: str, meter: str, quantity: Decimal) -> Iterator[Any]:
    """The type, attributes and part of a resource whose bill has this line."""
    machine, database = MACHINE.fullmatch(usage), DATABASE.fullmatch(usage)
    volume = VOLUME.fullmatch(usage)
    if machine:
        market = {"instance_market_options": [{"market_type": "spot"}]}
        spot = market if machine[1] == "Spot" else {}
        yield "aws_instance", {"instance_type": machine[2], **spot}, "compute"
    elif database:
        yield "aws_db_instance", {"instance_class": database[1], "engine": "postgres"}, "instance"
    elif volume:
        # A bill has GB-months of the days in it.
        gigabytes = quantity * 30 / DAYS
        yield "aws_ebs_volume", {"type": volume[1], "size": str(gigabytes)}, "storage"
    elif usage.endswith("NatGateway-Hours"):
        yield "aws_nat_gateway", {}, "hours"
    elif provider == "Microsoft" and re.fullmatch(r"[A-Z]\d+\w*( v\d)?( Spot)?", meter):
        size = meter.removesuffix(" Spot").replace(" ", "_")
        priority = {"priority": "Spot"} if meter.endswith(" Spot") else {}
        yield "azurerm_linux_virtual_machine", {"size": f"Standard_{size}", **priority}, "compute"


def main() -> int:
    """Print the median error by figure; 1 if the median is above the limit."""
    settings = load_settings()
    warehouse = Warehouse(settings)
    end = settings.now().date() - timedelta(days=4)
    first = end - timedelta(days=DAYS)
    try:
        content = measure_card(warehouse, settings.now(), until=first)
        rows = warehouse.read(BILLS.format(first=first, end=end))[1]
    except WarehouseError as error:
        sys.stdout.write(f"estimate against the bill: not measured ({error}); run `make demo`\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rates.json"
        write_card(path, content, {})
        card = read_card(path, {})
    errors = list(_errors(rows, card.prices))
    if not errors:
        sys.stderr.write("no resource ran all the time on a SKU that was seen before\n")
        return 1
    for name, column in (("by uncovered hours", 0), ("under the commitments in force", 1)):
        found = [error[column] for error in errors]
        near = sum(value < LIMIT for value in found)
        sys.stdout.write(
            f"estimate against the bill of {DAYS} days, {name:<31} median error "
            f"{statistics.median(found):>6.1%} of {len(found)} resources, {near} below "
            f"{LIMIT:.0%}\n"
        )
    return int(statistics.median(error[1] for error in errors) > LIMIT)


def _errors(rows: list[Any], prices: Any) -> Iterator[tuple[Decimal, Decimal]]:
    """The relative errors of both figures, for each resource whose SKU was seen before."""
    billed: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        entry = billed.setdefault((row[0], row[4], row[5]), [row, 0, Decimal(0), Decimal(0)])
        entry[1] += row[7]
        entry[2] += row[8]
        entry[3] += row[9]
    for row, days, quantity, cost in billed.values():
        if days < DAYS or cost <= 0:
            continue
        for kind, values, part in as_planned(row[1], row[4], row[5], quantity):
            parts = _parts(kind, values, row[3], row[2], prices)
            for found in (p for p in parts if p.name.startswith(part)):
                # Estimates are of a month of 730 hours.
                share = Decimal(DAYS * 24) / 730
                if found.unit == "gb_month":
                    share = Decimal(1)
                estimates = (found.cost.likely * share, found.committed.likely * share)
                uncovered, committed = (abs(value - cost) / cost for value in estimates)
                yield uncovered, committed


def _parts(kind: str, values: Any, region: str, currency: str, prices: Any) -> Any:
    values = {"os_disk": [{}], "location": region, **values}
    maker = f"registry.terraform.io/hashicorp/{kind.partition('_')[0]}"
    change = ResourceChange(f"{kind}.x", kind, maker, region, ("create",), None, values)
    # The sample fills what the card lacks (an OS disk); only own prices are measured.
    book = PriceBook([prices, sample_prices()], currency)
    (line,) = estimate(Plan("1.2", "", True, False, (change,)), book).lines
    return [part for part in line.parts if part.price.kind == OWN]


if __name__ == "__main__":
    raise SystemExit(main())
