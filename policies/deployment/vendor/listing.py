"""The file that a downloaded price list becomes: one header, one line per price, one end.

Belongs here: writing and reading that file, HTTP with limits. Does not belong here: what a vendor's
answer looks like (`aws.py`, `azure.py`, `google.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import requests

from policies.deployment.meters import meters
from policies.deployment.pricing import LIST, Price, PriceList, Sku
from policies.deployment.units import plain
from policies.models import rfc3339

SCHEMA = "tollgate/list/v1"
# Bytes read at once; what is held of a file of gigabytes.
CHUNK = 1 << 16
# No page of an interface is larger; a list of gigabytes is never read as one.
MAX_PAGE = 64 << 20
TIMEOUT = (10, 120)


class ListError(RuntimeError):
    """A price list cannot be downloaded or read; the message names it and the remedy."""


@dataclass(frozen=True)
class Offer:
    """One price as the vendor prints it."""

    sku: Sku
    unit: str
    price: Decimal
    currency: str
    # Where the price begins: 0, or what is above a first, often free, part.
    above: Decimal = Decimal(0)


@dataclass
class Source:
    """What was downloaded, for the header: addresses, digest, publication, disclaimer."""

    provider: str
    disclaimer: str
    published: str = ""
    addresses: list[str] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)

    def saw(self, date: str) -> None:
        """The newest publication date of all that was read."""
        self.published = max(self.published, date[:10])


class Fetcher:
    """HTTP for downloads: streams with a digest, pages with a limit, errors with a remedy."""

    def __init__(self, source: Source, headers: Mapping[str, str] | None = None) -> None:
        self._source = source
        self._session = requests.Session()
        self._session.headers.update(headers or {})

    def page(self, address: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object of limited size; money in it stays decimal."""
        body = bytearray()
        for chunk in self._chunks(address, parameters):
            body += chunk
            if len(body) > MAX_PAGE:
                raise ListError(f"{address}: the answer is larger than {MAX_PAGE >> 20} MiB")
        try:
            document = json.loads(body, parse_float=Decimal)
        except ValueError as error:
            raise ListError(f"{address}: the answer is not JSON; try again later") from error
        if not isinstance(document, dict):
            raise ListError(f"{address}: the answer is not an object; try again later")
        return document

    def lines(self, address: str) -> Iterator[str]:
        """The lines of a file of any size, held one at a time."""
        rest = b""
        for chunk in self._chunks(address, None):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > MAX_PAGE:
                raise ListError(f"{address}: a line is longer than {MAX_PAGE >> 20} MiB")
            yield from (line.decode("utf-8", "replace") + "\n" for line in whole)
        if rest:
            yield rest.decode("utf-8", "replace")

    def _chunks(self, address: str, parameters: Mapping[str, str] | None) -> Iterator[bytes]:
        try:
            # A redirect is not followed: it would carry the key's header to another server.
            with self._session.get(
                address, params=parameters, stream=True, timeout=TIMEOUT, allow_redirects=False
            ) as reply:
                if reply.status_code != 200:
                    raise ListError(f"{address} answered {reply.status_code}; try again later")
                self._source.addresses.append(address)
                expected = reply.headers.get("Content-Length")
                for chunk in reply.iter_content(CHUNK):
                    self._source.digest.update(chunk)
                    yield chunk
                # `requests` takes a connection that is cut for the end of the answer.
                if expected and reply.raw.tell() < int(expected):
                    raise ListError(f"{address}: cut off; try again")
        except requests.RequestException as error:
            raise ListError(f"{address}: {type(error).__name__}; check the network") from error


def write_list(
    path: Path, source: Source, offers: Iterable[Offer], now: datetime | None = None
) -> int:
    """Write the offers that a mapping looks up; the file appears whole or not at all.

    Of several prices of one SKU the first that is not free is kept, of equal ones the dearest.
    Returns the number of prices; ListError if there is none.
    """
    try:
        kept = _kept(source.provider, offers)
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ListError(f"{source.addresses[-1]}: of another form ({error!r})") from error
    if not kept:
        raise ListError(f"no price of {source.provider} that is looked up; check region and list")
    head = {
        "schema": SCHEMA,
        "provider": source.provider,
        "published": source.published or f"{now or datetime.now(UTC):%Y-%m-%d}",
        "downloaded_at": rfc3339(now or datetime.now(UTC)),
        "sha256": source.digest.hexdigest(),
        "disclaimer": source.disclaimer,
        "addresses": source.addresses[:50],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head) + "\n")
        for sku, offer in sorted(kept.items()):
            row = [*sku[1:], offer.unit, str(offer.price), offer.currency, str(offer.above)]
            file.write(json.dumps(row) + "\n")
        file.write(json.dumps({"prices": len(kept)}) + "\n")
    unfinished.replace(path)
    return len(kept)


def _kept(provider: str, offers: Iterable[Offer]) -> dict[Sku, Offer]:
    known = meters(provider)
    kept: dict[Sku, Offer] = {}
    for offer in offers:
        service, meter = offer.sku.service, offer.sku.meter
        if offer.price <= 0 or not any(s == service and f.fullmatch(meter) for s, f in known):
            continue
        before = kept.get(offer.sku)
        if before is None or (offer.above, -offer.price) < (before.above, -before.price):
            kept[offer.sku] = offer
    return kept


def read_list(path: Path) -> tuple[dict[str, Any], PriceList]:
    """Header and prices of a downloaded list; ListError if it is not whole."""
    again = "download it again with `tollgate rates download`"
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head, *prices, end = rows
        if head["schema"] != SCHEMA or end != {"prices": len(prices)}:
            raise ValueError("not a whole price list")
        found = dict(_read(head, row) for row in prices)
    except OSError as error:
        raise ListError(f"{path}: cannot be read ({error.strerror}); {again}") from error
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise ListError(f"{path}: {error}; {again}") from error
    return head, PriceList(f"{head['provider']} list", found)


def _read(head: Mapping[str, Any], row: list[str]) -> tuple[Sku, Price]:
    service, meter, variant, region, purchase, unit, price, currency, above = row
    value = Decimal(price)
    sku = Sku(head["provider"], service, meter, variant, region, purchase)
    tiered = Decimal(above) > 0
    return sku, Price(
        value, unit, currency, LIST, head["published"], value, value, tiered=tiered
    )  # fmt: skip


def offer(
    sku: Sku, unit: str, price: Decimal, currency: str, above: Decimal = Decimal(0)
) -> Offer | None:
    """An offer in the plain unit; None if its unit is not one that we know."""
    name, factor = plain(unit)
    return Offer(sku, name, price / factor, currency, above) if name else None
