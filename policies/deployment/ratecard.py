"""The rate card: what the company really pays, in one small signed file that CI reads alone.

Belongs here: the file's form, its signature, and what is read from it. Does not belong here: how
its figures are measured (`orchestration/rates.py`). The form is `schemas/rates.v1.json`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from policies.deployment.calibration import Calibration, read_calibration
from policies.deployment.pricing import OWN, Amount, Price, PriceList, Sku
from policies.deployment.units import PLAIN_UNITS
from policies.deployment.usage import History
from policies.deployment.waivers import Use, read_uses
from policies.models import canonical_json
from policies.whole_file import write_whole

SCHEMA = "tollgate/rates/v1"
SIGNING_KEY, PUBLIC_KEY = "TOLLGATE_RATES_SIGNING_KEY", "TOLLGATE_RATES_PUBLIC_KEY"
# How far the signature was checked, as reports and the gate say it.
VERIFIED, UNSIGNED, UNCHECKED = "verified", "unsigned", "not_checked"
AGAIN = "export it again with `tollgate rates export`"


class RateCardError(ValueError):
    """The file cannot be used, or must not be trusted; the message says which and what to do."""


@dataclass(frozen=True)
class RateCard:
    """A rate card that was read and whose signature was looked at."""

    document: Mapping[str, Any]
    signature: str
    prices: PriceList
    history: History
    calibration: Calibration
    # What changes rest on waivers with, as of its export; None of a card that does not say.
    waiver_uses: Sequence[Use] | None = None

    @property
    def facts(self) -> Mapping[str, Any]:
        """The companion facts: budgets, freshness, commitments."""
        facts: Mapping[str, Any] = self.document["facts"]
        return facts

    def about(self) -> dict[str, Any]:
        """What the gate is told of the card."""
        return {
            "issued_at": self.document["issued_at"],
            "data_as_of": self.document["data_as_of"],
            "sha256": self.document["sha256"],
            "signature": self.signature,
            "rates": len(self.document["rates"]),
            "min_line_items": self.document["min_line_items"],
        }


def write_card(path: Path, content: Mapping[str, Any], env: Mapping[str, str] | None = None) -> str:
    """Write a card, signed if the environment has a key; returns `signed` or `unsigned`.

    The file appears whole or not at all.
    """
    source = os.environ if env is None else env
    document = {"schema": SCHEMA, **content}
    document["sha256"] = _digest(document)
    key = source.get(SIGNING_KEY)
    if key:
        private = Ed25519PrivateKey.from_private_bytes(_key(key, SIGNING_KEY))
        signature = private.sign(document["sha256"].encode())
        document["signature"] = base64.b64encode(signature).decode()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, indent=1) + "\n")
    return "signed" if key else UNSIGNED


def write_keys(folder: Path) -> tuple[Path, Path]:
    """Make a pair of keys, the private one readable by its owner alone; never overwrites."""
    private = Ed25519PrivateKey.generate()
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "rates_signing.key", folder / "rates_public.key"
    contents = private.private_bytes_raw(), private.public_key().public_bytes_raw()
    for path, raw, mode in zip(paths, contents, (0o600, 0o644), strict=True):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(base64.b64encode(raw) + b"\n")
    return paths


def read_card(path: Path, env: Mapping[str, str] | None = None) -> RateCard:
    """Read a card; RateCardError if it is broken, tampered with, or unsigned against a key."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise RateCardError(f"{path}: cannot be read ({error.strerror}); give its path") from error
    except ValueError as error:
        raise RateCardError(f"{path}: not JSON ({error}); {AGAIN}") from error
    try:
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise RateCardError(f"not a rate card of the schema {SCHEMA}; {AGAIN}")
        signature = _check(document, os.environ if env is None else env)
        return RateCard(
            document=document,
            signature=signature,
            prices=PriceList(OWN, dict(_prices(document))),
            history=_history(document),
            calibration=read_calibration(document.get("calibration", [])),
            waiver_uses=_uses(document["facts"]),
        )
    except RateCardError as error:
        raise RateCardError(f"{path}: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
        raise RateCardError(f"{path}: not of its form ({error!r}); {AGAIN}") from error


def _check(document: Mapping[str, Any], env: Mapping[str, str]) -> str:
    """How far the card can be trusted; the digest is checked even where there is no key."""
    content = {k: v for k, v in document.items() if k not in ("sha256", "signature")}
    if document.get("sha256") != _digest(content):
        raise RateCardError(f"its content is not what its digest says; {AGAIN}")
    signature, key = document.get("signature"), env.get(PUBLIC_KEY)
    if not key:
        return UNCHECKED if signature else UNSIGNED
    if not isinstance(signature, str):
        raise RateCardError(f"unsigned, but {PUBLIC_KEY} is set; sign it, or unset the key")
    public = Ed25519PublicKey.from_public_bytes(_key(key, PUBLIC_KEY))
    try:
        public.verify(base64.b64decode(signature, validate=True), document["sha256"].encode())
    except (InvalidSignature, binascii.Error) as error:
        raise RateCardError(f"its signature is not of the key in {PUBLIC_KEY}; {AGAIN}") from error
    return VERIFIED


def _key(text: str, name: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        raise RateCardError(f"{name} is not a key; make a pair with `tollgate rates keys`")
    return raw


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _prices(document: Mapping[str, Any]) -> Iterator[tuple[Sku, Price]]:
    least = int(document["min_line_items"])
    for number, rate in enumerate(document["rates"]):
        price = Decimal(rate["price"])
        low, high = Decimal(rate["low"]), Decimal(rate["high"])
        if rate["unit"] not in PLAIN_UNITS or not 0 <= low <= price <= high:
            raise RateCardError(f"rates[{number}] has an unknown unit or a price without sense")
        if int(rate["line_items"]) < least:
            raise RateCardError(
                f"rates[{number}] is from {rate['line_items']} line items, fewer than the "
                f"{least} that the card says each rate is from; {AGAIN}"
            )
        # What credits and free allowances have paid tells nothing of what more of it costs.
        if price == 0:
            continue
        sku = Sku(*(rate[name] for name in Sku._fields))
        committed = rate.get("committed")
        yield (
            sku,
            Price(
                price=price,
                unit=rate["unit"],
                currency=rate["currency"],
                kind=OWN,
                date=rate["last_day"],
                low=low,
                high=high,
                committed=None if committed is None else Decimal(committed),
                coverage_pct=int(rate.get("coverage_pct", 0)),
                line_items=int(rate["line_items"]),
            ),
        )


def _uses(facts: Mapping[str, Any]) -> Sequence[Use] | None:
    try:
        return read_uses(facts["waivers"]) if "waivers" in facts else None
    except ValueError as error:
        raise RateCardError(f"{error}; {AGAIN}") from error


def _history(document: Mapping[str, Any]) -> History:
    """Use by each name that a plan may have for a resource; a name of two resources is dropped."""
    found: dict[tuple[str, str, str], Amount] = {}
    owners: dict[tuple[str, str, str], str] = {}
    for use in document["usage"]:
        amount = Amount(*(Decimal(use[name]) for name in ("low", "likely", "high")))
        for name in names_of(use["resource_id"]):
            key = (name, use["service"], use["meter"])
            if owners.setdefault(key, use["resource_id"]) != use["resource_id"]:
                found.pop(key, None)
            else:
                found[key] = amount
    return found


def names_of(resource_id: str) -> set[str]:
    """A bill's id of a resource, and the shorter ones of plans: without ARN, without host."""
    names = {resource_id, resource_id.lower()}
    if resource_id.startswith("arn:"):
        names.add(resource_id.split(":", 5)[-1].rsplit("/", 1)[-1].rsplit(":", 1)[-1])
    if resource_id.startswith("//"):
        names.add(resource_id[2:].partition("/")[2])
    return names
