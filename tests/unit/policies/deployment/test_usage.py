"""The usage file is taken at its word, or refused by the place that is wrong."""

from decimal import Decimal
from pathlib import Path

import pytest

from policies.deployment.pricing import Amount
from policies.deployment.usage import UsageError, read_usage, type_of

GOOD = """
version: 0.1
resource_type_default_usage:
  aws_nat_gateway: {gigabytes: 250}
resource_usage:
  'module.shop["a.b"].aws_lambda_function.api': {requests: {low: 1, likely: 3, high: 9}}
  aws_nat_gateway.zone[*]: {gigabytes: 40.5}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "usage.yml"
    path.write_text(text)
    return path


def test_address_comes_before_pattern_before_type(tmp_path: Path) -> None:
    usage = read_usage(written(tmp_path, GOOD))

    def gigabytes(address: str) -> Amount | None:
        return usage.stated("aws_nat_gateway", address, "gigabytes")

    assert gigabytes('aws_nat_gateway.zone["c"]') == Amount.exactly(Decimal("40.5"))
    assert gigabytes("aws_nat_gateway.other") == Amount.exactly(250)
    api = 'module.shop["a.b"].aws_lambda_function.api'
    assert usage.stated("aws_lambda_function", api, "requests") == Amount(
        Decimal(1), Decimal(3), Decimal(9)
    )
    assert usage.stated("aws_lambda_function", api, "seconds") is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- a", "write the sections"),
        ("version: 0.1\nusages: {}", "write the sections"),
        ("version: 7", "version 7 is not known"),
        ("version: 0.1\nresource_usage: []\nresource_type_default_usage: 5", "is not an object"),
        ("version: 0.1\nresource_usage: {aws_instance.x: 5}", "is not an object of usage names"),
        ("version: 0.1\nresource_usage: {aws_nat_gateway.x: {gigabites: 5}}", "takes: gigabytes"),
        ("version: 0.1\nresource_usage: {aws_nat_gateway.x: {gigabytes: -5}}", "not a number"),
        ("version: 0.1\nresource_usage: {aws_nat_gateway.x: {gigabytes: .nan}}", "not a number"),
        ("version: 0.1\nresource_usage: {aws_nat_gateway.x: {gigabytes: true}}", "not a number"),
        (
            "version: 0.1\nresource_usage: {aws_nat_gateway.x: "
            "{gigabytes: {low: 5, likely: 1, high: 9}}}",
            "not in this order",
        ),
        ("a: b: c", "not YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        read_usage(written(tmp_path, text))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("aws_instance.web[0]", "aws_instance"),
        ("module.a.module.b[1].aws_lb.this", "aws_lb"),
        ('module.a["x.y"].aws_lb.this', "aws_lb"),
        ("plan: module.a.aws_lb.this", "aws_lb"),
    ],
)
def test_type_is_found_behind_modules(address: str, kind: str) -> None:
    assert type_of(address) == kind
