package finops.lib.stake_test

import data.finops.lib.stake

question := {"estimate": {"currency": "USD", "lines": [{"address": "aws_instance.a", "monthly_after": "9.50"}]}}

test_stake_is_what_the_resource_will_cost if {
	stake.of({"address": "aws_instance.a"}) == {"subject": "aws_instance.a", "amount": "9.50", "currency": "USD"} with input as question
}

test_stake_that_is_not_known_is_null if {
	stake.of({"address": "aws_instance.b"}) == {"subject": "aws_instance.b", "amount": null, "currency": "USD"} with input as question
	stake.of({}).amount == null with input as {}
}
