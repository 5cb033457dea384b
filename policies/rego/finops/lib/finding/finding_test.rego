package finops.lib.finding_test

import data.finops.lib.finding

test_finding_is_defined_without_metadata if {
	found := finding.new([], {"message": "x"})
	found.rule_id == "unnamed"
	found.message == "x"
}

test_finding_takes_what_the_rule_says_of_itself if {
	chain := [{"annotations": {"scope": "package", "title": "T", "custom": {"rule_id": "a.b"}}, "path": []}]
	found := finding.new(chain, {})
	[found.rule_id, found.title] == ["a.b", "T"]
}

test_missing_fact_is_visible if {
	finding.fact(["a", "b"]) == "(missing)" with input as {}
	finding.fact(["a", "b"]) == 1 with input as {"a": {"b": 1}}
}

test_missing_address_is_visible if {
	finding.address({"address": "x"}) == "x"
	finding.address("x") == "(missing)"
}

test_first_few_of_many_are_named if {
	finding.named({{"address": "b"}, {"address": "a"}}) == "a, b"
	finding.named([{"address": sprintf("x%v", [n])} | some n in numbers.range(1, 9)]) == "x1, x2, x3, x4, x5 and 4 more"
	finding.named([{"address": sprintf("x%v", [n])} | some n in numbers.range(1, 5)]) == "x1, x2, x3, x4, x5"
	finding.named([{}]) == "(missing)"
}
