"""Small Azure bills, and what the tests that fetch them do with them."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from orchestration.cli.app import app
from orchestration.ingest.stores import Address, read_address

_HEADER = (
    "BillingAccountId,BillingPeriodStartDate,SubscriptionId,Date,MeterCategory,ConsumedService,"
    "ResourceId,Cost,BillingCurrency,ChargeType\r\n"
)


def bill(*costs: str, month: str = "2025-09", header: bool = True) -> bytes:
    """A charge of each cost, in CSV as Azure writes it."""
    year, number = month.split("-")
    rows = [
        f"1234567,{number}/01/{year},sub-a,{number}/02/{year},Storage,Microsoft.Storage,/a/b,"
        f"{cost},USD,Usage\r\n"
        for cost in costs
    ]
    return ("\ufeff" + _HEADER * header + "".join(rows)).encode()


def ingest(*arguments: str) -> Result:
    """`tollgate ingest` of actual costs."""
    return CliRunner().invoke(app, ["ingest", *arguments, "--feed", "azure_actual"])


def words(result: Result) -> str:
    """What was printed, whatever the width of the terminal."""
    return " ".join(result.output.split())


def address(text: str) -> Address:
    """The address that a text is."""
    found = read_address(text)
    assert found is not None
    return found
