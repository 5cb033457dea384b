"""Conformant FOCUS 1.4 charges, made by hand: each kind of charge that rules tell apart."""

from __future__ import annotations

from typing import Any

from orchestration.conformance.catalogue import columns

Charge = dict[str, Any]

HEADERS = [column.name for column in columns() if column.until == "1.4"]
MONTH = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")

_USAGE: Charge = {
    "BilledCost": "0.5", "BillingAccountId": "payer", "BillingAccountName": "Acme",
    "BillingAccountType": "Payer Account", "BillingCurrency": "USD",
    "BillingPeriodStart": MONTH[0], "BillingPeriodEnd": MONTH[1], "ChargeCategory": "Usage",
    "ChargeDescription": "m5.large per hour", "ChargeFrequency": "Usage-Based",
    "ChargePeriodStart": "2026-03-02T00:00:00Z", "ChargePeriodEnd": "2026-03-03T00:00:00Z",
    "ConsumedQuantity": "5", "ConsumedUnit": "Hours", "ContractedCost": "0.5",
    "ContractedUnitPrice": "0.1", "EffectiveCost": "0.5", "HostProviderName": "AWS",
    "InvoiceDetailId": "inv-1/1", "InvoiceId": "inv-1",
    "InvoiceIssuerName": "Amazon Web Services, Inc.", "ListCost": "0.6", "ListUnitPrice": "0.12",
    "PricingCategory": "Standard", "PricingCurrency": "USD",
    "PricingCurrencyContractedUnitPrice": "0.1", "PricingCurrencyEffectiveCost": "0.5",
    "PricingCurrencyListUnitPrice": "0.12", "PricingQuantity": "5", "PricingUnit": "Hours",
    "RegionId": "eu-west-1", "RegionName": "Ireland", "AvailabilityZone": "eu-west-1a",
    "ResourceId": "i-1", "ResourceName": "web", "ResourceType": "Instance",
    "ServiceCategory": "Compute", "ServiceName": "EC2", "ServiceProviderName": "AWS",
    "ServiceSubcategory": "Virtual Machines", "SkuId": "sku", "SkuMeter": "BoxUsage",
    "SkuPriceDetails": '{"CoreCount":2}', "SkuPriceId": "sku.hour", "SubAccountId": "012345678901",
    "SubAccountName": "web", "SubAccountType": "Member Account",
    "Tags": '{"team":"web","public":true}',
}  # fmt: skip

_PRICES = (
    "ContractedUnitPrice", "ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyListUnitPrice", "SkuPriceDetails",
    "SkuPriceId",
)  # fmt: skip
_NET = ("BilledCost", "EffectiveCost", "ContractedCost")
_CONSUMPTION = ("ConsumedQuantity", "ConsumedUnit")
_RESOURCE = ("ResourceId", "ResourceName", "ResourceType", "AvailabilityZone")


def charge(*without: str, **changes: Any) -> Charge:
    """A usage charge with changes, and without the columns named."""
    return {**_USAGE, **dict.fromkeys(without), **changes}


def cost(amount: str, *columns: str) -> Charge:
    """The same amount in several costs."""
    named = columns or (*_NET, "ListCost")
    return dict.fromkeys((*named, "PricingCurrencyEffectiveCost"), amount)


def commitment(kind: str, **changes: Any) -> Charge:
    return {
        "CommitmentDiscountId": f"commitment-{kind}", "CommitmentDiscountCategory": kind,
        "CommitmentDiscountType": "Plan", "CommitmentDiscountName": "one year", **changes,
    }  # fmt: skip


def covered(kind: str, day: int, effective: str, status: str = "Used", **changes: Any) -> Charge:
    unit = "USD" if kind == "Spend" else "Hours"
    itself = {"ResourceId": f"commitment-{kind}", "ResourceName": None, "ResourceType": "Plan"}
    unused = dict.fromkeys(_CONSUMPTION) | itself if status == "Unused" else {}
    return charge(**{
        **commitment(kind), "BilledCost": "0", "EffectiveCost": effective,
        "PricingCurrencyEffectiveCost": effective, "PricingCategory": "Committed",
        "CommitmentDiscountStatus": status, "CommitmentDiscountQuantity": "5",
        "CommitmentDiscountUnit": unit, **unused,
        "ChargePeriodStart": f"2026-03-{day:02}T00:00:00Z",
        "ChargePeriodEnd": f"2026-03-{day + 1:02}T00:00:00Z" if day < 31 else MONTH[1], **changes,
    })  # fmt: skip


def purchase(kind: str, billed: str, frequency: str) -> Charge:
    return charge(*_PRICES, *_CONSUMPTION, "AvailabilityZone", **{
        **commitment(kind), **cost(billed), "EffectiveCost": "0",
        "PricingCurrencyEffectiveCost": "0", "ChargeCategory": "Purchase",
        "ChargeFrequency": frequency, "ChargePeriodStart": MONTH[0], "ChargePeriodEnd": MONTH[1],
        "ResourceId": f"commitment-{kind}", "ResourceName": None, "ResourceType": "Plan",
    })  # fmt: skip


def part(number: int | None, amount: str, quantity: str) -> Charge:
    """A part of a split charge; None is what nobody used."""
    pod = {
        "AllocatedResourceId": f"pod-{number}",
        "AllocatedResourceName": f"pod {number}",
        "AllocatedTags": '{"app":"shop"}',
    }
    return charge(
        **{
            **cost(amount, *_NET),
            "ResourceId": "node",
            "PricingQuantity": quantity,
            "ConsumedQuantity": quantity,
            "ListCost": f"{float(quantity) * 0.12:.2f}",
            "AllocatedMethodId": "cpu",
            "AllocatedMethodDetails": '{"Elements":[{"UsageUnit":"vCPU"}]}',
            **(pod if number else {}),
        }
    )


def good_charges() -> list[Charge]:
    """A bill of one month."""
    return [
        charge(),
        charge(
            **cost("0.000000000001"),
            ContractedUnitPrice="0.000000000001",
            ListUnitPrice="1E-12",
            PricingQuantity="1",
        ),
        charge(
            BilledCost="0.45",
            EffectiveCost="0.45",
            ContractedCost="0.45",
            BillingCurrency="EUR",
            BillingAccountId="payer-eu",
            InvoiceId="inv-2",
            InvoiceDetailId="inv-2/1",
            ContractedUnitPrice="0.09",
        ),
        charge(PricingCategory="Dynamic", ChargeDescription="spot", ResourceId="i-2"),
        covered("Usage", 1, "3"),
        covered("Usage", 30, "1"),
        covered("Usage", 31, "2", "Unused"),
        purchase("Usage", "6", "Recurring"),
        covered("Spend", 1, "4"),
        covered("Spend", 31, "5"),
        purchase("Spend", "9", "One-Time"),
        charge(
            *_PRICES,
            *_CONSUMPTION,
            *_RESOURCE,
            **cost("-3"),
            ChargeCategory="Credit",
            ChargeFrequency="One-Time",
            ChargeDescription="promotion",
            SkuId=None,
            SkuMeter=None,
        ),
        charge(
            *_PRICES,
            *_CONSUMPTION,
            *_RESOURCE,
            **cost("0.2"),
            ChargeCategory="Tax",
            ChargeFrequency="One-Time",
            ChargeDescription="VAT",
            SkuId=None,
            SkuMeter=None,
        ),
        charge(
            *_PRICES,
            *_CONSUMPTION,
            *_RESOURCE,
            **cost("-0.01"),
            ChargeCategory="Adjustment",
            ChargeFrequency="One-Time",
            ChargeDescription="rounding",
            SkuId=None,
            SkuMeter=None,
        ),
        charge(
            *_CONSUMPTION,
            *_RESOURCE,
            **cost("0.5", *_NET),
            ChargeCategory="Purchase",
            ChargeFrequency="Recurring",
            ServiceProviderName="Seller Inc.",
            ServiceName="Scanner",
            ServiceCategory="Security",
            SkuId="scan",
            SkuPriceId="scan.month",
            ServiceSubcategory="Threat Detection and Response",
            ChargeDescription="subscription",
        ),
        charge(
            *_PRICES,
            *_CONSUMPTION,
            **cost("-2"),
            ChargeClass="Correction",
            ChargeDescription="refund of February",
            ChargePeriodStart="2026-02-02T00:00:00Z",
            ChargePeriodEnd="2026-02-03T00:00:00Z",
        ),
        charge(*_PRICES, *_CONSUMPTION, **cost("-1"), ChargeDescription="refund"),
        part(1, "0.2", "2"),
        part(2, "0.2", "2"),
        part(None, "0.1", "1"),
        charge(CapacityReservationId="cr", CapacityReservationStatus="Used", ResourceId="i-3"),
        charge(
            *_PRICES, *_CONSUMPTION, ChargeDescription="a service without prices", ResourceId="i-4"
        ),
        charge(
            ContractApplied='{"Elements":[{"ContractId":"c"}]}',
            ResourceId="i-5",
            CommitmentProgramEligibilityDetails='{"Programs":["Plan"]}',
        ),
    ]
