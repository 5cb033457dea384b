"""Azure retail prices: pages of items, followed by NextPageLink.

Format: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from policies.deployment.meters import meters
from policies.deployment.names import azure_skus
from policies.deployment.vendor.listing import Fetcher, ListError, Offer, Source, offer

BASE = "https://prices.azure.com"
DISCLAIMER = (
    "Microsoft's public retail prices, pay as you go, without discounts and taxes; US dollars are "
    "authoritative, other currencies are Microsoft's conversion."
)


def download(region: str, base: str = BASE) -> tuple[Source, Iterator[Offer]]:
    """The offers of a region, page by page."""
    source = Source("azure", DISCLAIMER)
    return source, _offers(Fetcher(source), source, region, base.rstrip("/"))


def _offers(fetcher: Fetcher, source: Source, region: str, base: str) -> Iterator[Offer]:
    for service in sorted({service for service, _ in meters("azure")}):
        # Values in a filter are compared with their case.
        terms = {
            "serviceName": service, "armRegionName": region, "priceType": "Consumption",
        }  # fmt: skip
        condition = " and ".join(f"{name} eq '{value}'" for name, value in terms.items())
        address: str | None = f"{base}/api/retail/prices"
        parameters: Mapping[str, str] | None = {"currencyCode": "'USD'", "$filter": condition}
        while address:
            page = fetcher.page(address, parameters)
            for item in page.get("Items") or []:
                yield from _item(item, source, region)
            address, parameters = page.get("NextPageLink") or None, None
            if address and urlsplit(address).hostname != urlsplit(base).hostname:
                raise ListError(f"{address}: the next page is on another server than {base}")


def _item(item: Mapping[str, Any], source: Source, region: str) -> Iterator[Offer]:
    if item.get("type") != "Consumption" or item.get("armRegionName") != region:
        return
    source.saw(str(item.get("effectiveStartDate", "")))
    for sku in azure_skus(item["serviceName"], item["meterName"], item["productName"], region):
        found = offer(
            sku,
            item["unitOfMeasure"],
            Decimal(item["retailPrice"]),
            item["currencyCode"],
            Decimal(item.get("tierMinimumUnits") or 0),
        )
        if found is not None:
            yield found
