"""AWS bulk offer files: index, region index, then the CSV of each service, row by row.

Format: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from policies.deployment.meters import meters
from policies.deployment.names import aws_sku
from policies.deployment.vendor.listing import Fetcher, ListError, Offer, Source, offer

BASE = "https://pricing.us-east-1.amazonaws.com"
DISCLAIMER = (
    "Public on-demand list prices of AWS, without discounts, taxes and free tiers; AWS's own "
    "disclaimer in its offer files applies."
)
# Columns that tell the plain offer from those of hosts, reservations and bundled software.
_PLAIN = {
    "tenancy": {"", "Shared"},
    "capacitystatus": {"", "Used"},
    "preinstalleds/w": {"", "NA"},
    "licensemodel": {"", "No License required", "License included"},
    "termtype": {"OnDemand"},
}


def download(region: str, base: str = BASE) -> tuple[Source, Iterator[Offer]]:
    """The offers of a region, read while they are asked for."""
    source = Source("aws", DISCLAIMER)
    return source, _offers(Fetcher(source), source, region, base.rstrip("/"))


def _offers(fetcher: Fetcher, source: Source, region: str, base: str) -> Iterator[Offer]:
    index = fetcher.page(f"{base}/offers/v1.0/aws/index.json").get("offers", {})
    for code in sorted({service for service, _ in meters("aws")}):
        entry = index.get(code, {}).get("currentRegionIndexUrl")
        if not entry:
            continue
        regions = fetcher.page(f"{base}{entry}").get("regions", {})
        if region not in regions:
            raise ListError(f"{base}{entry}: {code} has no region {region}; check its name")
        address = regions[region]["currentVersionUrl"].removesuffix(".json") + ".csv"
        yield from _rows(fetcher.lines(f"{base}{address}"), source, region, address)


def _rows(lines: Iterator[str], source: Source, region: str, address: str) -> Iterator[Offer]:
    reader = csv.reader(lines)
    header: list[str] = []
    for row in reader:
        # Five lines of "Name","value" stand before the header.
        if row and row[0] == "SKU":
            header = [name.replace(" ", "").lower() for name in row]
            break
        if len(row) >= 2 and row[0] == "Publication Date":
            source.saw(row[1])
    if not header:
        raise ListError(f"{address}: no header that begins with SKU; the format has changed")
    for row in reader:
        found = _offer(dict(zip(header, row, strict=False)), region)
        if found is not None:
            yield found


def _offer(row: Mapping[str, str], region: str) -> Offer | None:
    if any(row.get(name, "") not in allowed for name, allowed in _PLAIN.items()):
        return None
    if row.get("regioncode", region) != region:
        return None
    sku = aws_sku(row["servicecode"], row["usagetype"], region, row.get("operation", ""))
    try:
        price, above = Decimal(row["priceperunit"]), Decimal(row.get("startingrange") or 0)
    except (InvalidOperation, KeyError):
        return None
    if sku is None:
        return None
    return offer(sku, row.get("unit", ""), price, row.get("currency", "USD"), above)
