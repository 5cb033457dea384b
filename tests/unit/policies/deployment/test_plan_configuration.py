from typing import Any

import pytest

from policies.deployment.configuration import Configuration

ADDRESS = 'module.app["eu"].module.db.aws_db_instance.main[0]'


def nested(region: Any) -> Configuration:
    """A provider inside a module inside a module, its region passed down as a variable."""
    database = {
        "resources": [{"address": "aws_db_instance.main", "provider_config_key": "key"}],
        "variables": {"place": {"default": "us-west-2"}},
    }
    call = {"module": database, "expressions": region}
    app = {"module_calls": {"db": call}}
    app_call = {"module": app, "expressions": {"place": {"references": ["var.region"]}}}
    return Configuration(
        {
            "configuration": {
                "provider_config": {
                    "key": {
                        "module_address": "module.app.module.db",
                        "expressions": {"region": {"references": ["var.place"]}},
                    }
                },
                "root_module": {"module_calls": {"app": app_call}},
            },
            "variables": {"region": {"value": "eu-central-1"}},
        }
    )


def test_region_is_followed_through_modules_to_the_root_variable() -> None:
    passed = {"place": {"references": ["var.place"]}}
    assert nested(passed).region(ADDRESS, {}) == "eu-central-1"


def test_default_of_a_module_variable_counts_if_nothing_is_passed() -> None:
    assert nested({}).region(ADDRESS, {}) == "us-west-2"


@pytest.mark.parametrize(
    "expression",
    [
        {"references": ["local.region"]},
        {"references": ["var.a", "var.b"]},
        {"references": ["data.aws_region.current.name"]},
        {},
        "eu-west-1",
    ],
)
def test_expression_whose_result_is_not_told_gives_no_region(expression: Any) -> None:
    assert nested({"place": expression}).region(ADDRESS, {}) is None


@pytest.mark.parametrize(
    ("values", "region"),
    [
        ({"region": "ap-south-1", "availability_zone": "us-east-1a"}, "ap-south-1"),
        ({"availability_zone": "us-east-1a"}, "us-east-1"),
        ({"availability_zone": "us-gov-west-1b"}, "us-gov-west-1"),
        # Zones with prices of their own counted as their region.
        ({"availability_zone": "us-east-1-bos-1a"}, "us-east-1-bos-1a"),
        ({"region": "us-east-1", "availability_zone": "us-east-1-wl1-bos-wlz-1"},
         "us-east-1-wl1-bos-wlz-1"),
        ({"arn": "arn:aws:ec2:eu-north-1:111111111111:volume/vol-1"}, "eu-north-1"),
        ({"arn": "arn:aws:iam::111111111111:role/x"}, None),
        ({"availability_zone": 7}, None),
    ],
)  # fmt: skip
def test_own_values_of_a_resource_tell_its_region(values: dict[str, Any], region: str) -> None:
    assert Configuration({}).region("aws_x.y", values) == region


def test_quoted_dots_and_brackets_in_keys_do_not_confuse_the_address() -> None:
    address = 'module.app["a.b[0]"].module.db.aws_db_instance.main["x\\"y"]'
    assert nested({}).region(address, {}) == "us-west-2"


def test_configuration_that_is_missing_or_misshapen_tells_nothing() -> None:
    documents: list[dict[str, Any]] = [
        {},
        {"configuration": []},
        {"configuration": {"root_module": None}},
    ]
    for document in documents:
        assert Configuration(document).region("aws_x.y", {}) is None
        assert Configuration(document).written("aws_x.y") is None
