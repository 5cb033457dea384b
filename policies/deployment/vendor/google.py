"""Google's catalogue: the services, then the SKUs of each, page by page; it needs an API key.

Format: https://cloud.google.com/billing/v1/how-tos/catalog-api
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from policies.deployment.meters import meters
from policies.deployment.names import google_sku
from policies.deployment.pricing import EVERYWHERE
from policies.deployment.vendor.listing import Fetcher, ListError, Offer, Source, offer

BASE = "https://cloudbilling.googleapis.com"
KEY = "TOLLGATE_GOOGLE_API_KEY"
DISCLAIMER = "Google Cloud's public list prices, without discounts, taxes and free tiers."


def download(region: str, base: str = BASE) -> tuple[Source, Iterator[Offer]]:
    """The offers of a region; the key comes from the environment and goes into no address."""
    key = os.environ.get(KEY)
    if not key:
        raise ListError(f"set {KEY} to an API key that may read the Cloud Billing catalogue")
    source = Source("google", DISCLAIMER)
    fetcher = Fetcher(source, {"X-Goog-Api-Key": key})
    return source, _offers(fetcher, source, region, base.rstrip("/"))


def _offers(fetcher: Fetcher, source: Source, region: str, base: str) -> Iterator[Offer]:
    wanted = {service for service, _ in meters("google")}
    for service in _pages(fetcher, f"{base}/v1/services", "services"):
        if service["displayName"] in wanted:
            for sku in _pages(fetcher, f"{base}/v1/{service['name']}/skus", "skus"):
                yield from _sku(sku, service["displayName"], source, region)


def _pages(fetcher: Fetcher, address: str, name: str) -> Iterator[Mapping[str, Any]]:
    token = ""
    while True:
        parameters = {"pageSize": "5000", **({"pageToken": token} if token else {})}
        page = fetcher.page(address, parameters)
        yield from page.get(name, [])
        token = page.get("nextPageToken", "")
        if not token:
            return


def _sku(entry: Mapping[str, Any], service: str, source: Source, region: str) -> Iterator[Offer]:
    places = entry.get("serviceRegions", [])
    if region not in places and EVERYWHERE not in places:
        return
    if str(entry.get("category", {}).get("usageType", "")).startswith("Commit"):
        return
    place = region if region in places else EVERYWHERE
    sku = google_sku(service, entry["description"], place)
    # The newest price stands first.
    for pricing in entry.get("pricingInfo", [])[:1]:
        source.saw(str(pricing.get("effectiveTime", "")))
        expression = pricing["pricingExpression"]
        for tier in expression.get("tieredRates", []):
            unit = tier["unitPrice"]
            price = Decimal(unit.get("units") or 0) + Decimal(unit.get("nanos") or 0).scaleb(-9)
            found = offer(
                sku,
                expression["usageUnit"],
                price,
                unit["currencyCode"],
                Decimal(tier.get("startUsageAmount") or 0),
            )
            if found is not None:
                yield found
