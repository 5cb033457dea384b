"""Faults to seed into good charges, each with the rule that must name it.

The first 27 are the kinds that the official validator was tried with; it misses twelve of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.unit.conformance.good_charges import Charge

Where = Callable[[Charge], bool]


@dataclass(frozen=True)
class Fault:
    """What is done to a bill."""

    name: str
    rule: str
    apply: Callable[[list[Charge]], list[Charge]]


def usage(charge: Charge) -> bool:
    return bool(charge["ChargeDescription"] == "spot")


def used(charge: Charge) -> bool:
    return charge.get("CommitmentDiscountStatus") == "Used"


def unused(charge: Charge) -> bool:
    return charge.get("CommitmentDiscountStatus") == "Unused"


def fee(charge: Charge) -> bool:
    return charge["ChargeCategory"] == "Purchase" and "CommitmentDiscountId" in charge


def category(name: str) -> Where:
    return lambda charge: charge["ChargeCategory"] == name


def split(charge: Charge) -> bool:
    return charge.get("AllocatedMethodId") is not None


def described(text: str) -> Where:
    return lambda charge: charge["ChargeDescription"] == text


def changed(rule: str, name: str, where: Where, **values: Any) -> Fault:
    """The first charge that fits gets other values."""

    def apply(charges: list[Charge]) -> list[Charge]:
        first = next(number for number, charge in enumerate(charges) if where(charge))
        return [
            {**charge, **values} if number == first else charge
            for number, charge in enumerate(charges)
        ]

    return Fault(name, rule, apply)


def every(rule: str, name: str, where: Where, **values: Any) -> Fault:
    """All charges that fit get other values."""
    return Fault(name, rule, lambda charges: [{**c, **values} if where(c) else c for c in charges])


def without(rule: str, name: str, where: Where) -> Fault:
    return Fault(name, rule, lambda charges: [c for c in charges if not where(c)])


def added(rule: str, name: str, where: Where, **values: Any) -> Fault:
    """A charge stands a second time, with other values."""

    def apply(charges: list[Charge]) -> list[Charge]:
        return [*charges, {**next(c for c in charges if where(c)), **values}]

    return Fault(name, rule, apply)


def anything(charge: Charge) -> bool:
    return True


MISSED_BY_THE_OFFICIAL_VALIDATOR = [
    changed("Covered-usage-billed", "on-demand cost on a covered row", used, BilledCost="0.5"),
    every("Commitment-not-amortised", "effective cost not amortised", used, EffectiveCost="0",
          PricingCurrencyEffectiveCost="0"),
    without("Commitment-amortisation", "unused rows deleted", unused),
    added("Charge-twice", "a row stands twice", usage),
    changed("PricingCategory-of-covered-usage", "covered but Standard", used,
            PricingCategory="Standard"),
    changed("Tags-scalars", "nested tags", usage, Tags='{"team":{"name":"web"}}'),
    changed("ResourceName-placeholder", "an empty string", usage, ResourceName=""),
    every("Usage-after-period", "billing period a month too early", anything,
          BillingPeriodStart="2026-02-01T00:00:00Z", BillingPeriodEnd="2026-03-01T00:00:00Z"),
    changed("ChargePeriod-order", "end before start", usage,
            ChargePeriodEnd="2026-03-01T00:00:00Z"),
    changed("Credit-effective-cost", "a credit with another effective cost", category("Credit"),
            EffectiveCost="-2", PricingCurrencyEffectiveCost="-2"),
    changed("ListCost-identity", "list cost doubled", usage, ListCost="1.2"),
    changed("ContractedCost-identity", "contracted cost doubled", usage, ContractedCost="1"),
    changed("ChargeCategory-values", "an enum wrong in one row", usage, ChargeCategory="usage"),
]  # fmt: skip

OTHERS = [
    changed("BilledCost-null", "no billed cost", usage, BilledCost=None),
    changed("BillingCurrency-code", "no such currency", usage, BillingCurrency="USX"),
    changed("BillingCurrency-code", "a currency in small letters", usage, BillingCurrency="usd"),
    changed("ServiceCategory-values", "no such category", usage, ServiceCategory="Computing"),
    changed("ServiceSubcategory-values", "no such subcategory", usage,
            ServiceSubcategory="Machines"),
    changed("ServiceSubcategory-parent", "a subcategory of another category", usage,
            ServiceSubcategory="Object Storage"),
    changed("ServiceName-one-category", "a service in two categories", usage,
            ServiceCategory="Storage", ServiceSubcategory="Object Storage"),
    changed("RegionName-condition", "a region name without id", usage, RegionId=None),
    changed("SubAccountType-condition", "a sub account without type", usage, SubAccountType=None),
    changed("ChargeClass-values", "a charge class of its own", usage, ChargeClass="Refund"),
    changed("ChargeFrequency-of-purchases", "a usage-based purchase", fee,
            ChargeFrequency="Usage-Based"),
    changed("CommitmentDiscountStatus-condition", "a purchase with a status", fee,
            CommitmentDiscountStatus="Used"),
    changed("Commitment-purchase-effective-cost", "a commitment purchase not spread", fee,
            EffectiveCost="6"),
    changed("SkuPriceId-of-tax", "a tax with a price", category("Tax"), SkuId="t",
            SkuPriceId="t.1"),
]  # fmt: skip

BEYOND = [
    every("Usage-mostly-in-period", "billing period a month too late", anything,
          BillingPeriodStart="2026-04-01T00:00:00Z", BillingPeriodEnd="2026-05-01T00:00:00Z"),
    changed("BillingPeriod-order", "billing period of no length", usage,
            BillingPeriodEnd="2026-03-01T00:00:00Z"),
    changed("BillingPeriod-one-end", "billing period of another length", usage,
            BillingPeriodEnd="2026-03-31T00:00:00Z"),
    changed("ChargeClass-earlier-period", "a correction of the same period",
            described("refund"), ChargeClass="Correction"),
    changed("Tax-effective-cost", "a tax with another effective cost", category("Tax"),
            EffectiveCost="0.1", PricingCurrencyEffectiveCost="0.1"),
    changed("Credit-list-cost", "a credit with another list cost", category("Credit"),
            ListCost="-4"),
    changed("Uncovered-effective-cost", "effective cost without a commitment", usage,
            EffectiveCost="0.4", PricingCurrencyEffectiveCost="0.4"),
    changed("Unused-billed", "an unused part that is billed", unused, BilledCost="2"),
    added("Negation", "a negation beside covered usage", usage, BilledCost="-0.5",
          EffectiveCost="0", PricingCurrencyEffectiveCost="0"),
    changed("Commitment-amortisation", "amortised twice", unused, EffectiveCost="0.5",
            PricingCurrencyEffectiveCost="0.5"),
    changed("CommitmentDiscountId-one-kind", "a commitment of two types", used,
            CommitmentDiscountType="Reservation"),
    changed("CommitmentDiscountUnit-currency", "spend measured in hours",
            lambda c: used(c) and c["CommitmentDiscountCategory"] == "Spend",
            CommitmentDiscountUnit="Hours"),
    changed("CommitmentDiscountQuantity-with-price", "covered by how much?", used,
            CommitmentDiscountQuantity=None, CommitmentDiscountUnit=None),
    changed("CommitmentDiscountCategory-condition", "a category without commitment", usage,
            CommitmentDiscountCategory="Spend"),
    changed("Commitment-resource", "an unused part of another resource", unused,
            ResourceId="i-9"),
    changed("ConsumedQuantity-condition", "consumed though unused", unused,
            ConsumedQuantity="5", ConsumedUnit="Hours"),
    changed("CapacityReservationStatus-condition", "reserved, used or not?",
            lambda c: c.get("CapacityReservationId") is not None, CapacityReservationStatus=None),
    changed("PricingQuantity-without-price", "a quantity without price",
            described("a service without prices"), PricingQuantity="1", PricingUnit="Hours"),
    changed("PricingUnit-condition", "a quantity without unit", usage, PricingUnit=None),
    changed("PricingCategory-committed", "Committed without commitment", usage,
            PricingCategory="Committed"),
    changed("ListUnitPrice-negative", "a negative price", usage, ListUnitPrice="-0.12",
            ListCost="-0.6"),
    changed("ListUnitPrice-condition", "a price id without price", usage, ListUnitPrice=None),
    changed("SkuPriceId-one-sku", "a price of two SKUs", usage, SkuId="other"),
    changed("SkuMeter-without-sku", "a meter without SKU", category("Tax"), SkuMeter="VAT"),
    changed("PricingCurrencyEffectiveCost-same", "another cost in the same currency", usage,
            PricingCurrencyEffectiveCost="0.6"),
    changed("ResourceType-condition", "a resource of no type", usage, ResourceType=None),
    changed("AvailabilityZone-number", "a shifted column", usage, AvailabilityZone="0.05"),
    changed("SubAccountId-as-number", "an account that became a number", usage,
            SubAccountId="1.2345678901E10"),
    changed("Tags-keys", "a tag key with a space", usage, Tags='{" team":"web"}'),
    changed("Tags-repeats", "a tag key twice", usage, Tags='{"team":"a","team":"b"}'),
    changed("Tags-object", "tags as a list", usage, Tags='["team"]'),
    changed("ResourceId-placeholder", "the word NULL", usage, ResourceId="NULL"),
    changed("AllocatedResourceId-without-method", "an allocation by no method", split,
            AllocatedMethodId=None, AllocatedMethodDetails=None),
    added("Split-replaces-origin", "a split charge beside its parts", split, BilledCost="0.5",
          AllocatedMethodId=None, AllocatedMethodDetails=None, AllocatedResourceId=None,
          AllocatedResourceName=None, AllocatedTags=None, EffectiveCost="0.5"),
    changed("Split-one-origin-tags", "a part with tags of its own", split, Tags='{"team":"b"}'),
    changed("InvoiceId-one-issuer", "an invoice of two issuers", usage,
            InvoiceIssuerName="Reseller"),
    changed("BillingPeriodEnd-exclusive", "a month's last second as its end", usage,
            BillingPeriodEnd="2026-03-31T23:59:59Z"),
    changed("PricingUnit-number", "a block for a unit", usage, PricingUnit="10000"),
    changed("ConsumedUnit-number", "a number for a unit", usage, ConsumedUnit="1"),
    changed("CommitmentDiscountUnit-number", "a number of units", used,
            CommitmentDiscountUnit="1.5"),
    changed("InvoiceDetailId-one-invoice", "a line of two invoices", usage, InvoiceId="inv-9"),
    changed("BilledCost-type", "a number with a comma", usage, BilledCost="1,5"),
    changed("ChargePeriodStart-type", "a time without zone", usage,
            ChargePeriodStart="2026-03-02 00:00:00"),
    changed("Tags-type", "tags without braces", usage, Tags='"team":"web"'),
]  # fmt: skip

FAULTS = [*MISSED_BY_THE_OFFICIAL_VALIDATOR, *OTHERS, *BEYOND]
