package finops.deployment.rules.required_tags_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.required_tags

tagged := "/plan/resources/0/tags"

test_tagged_resource_passes if count(required_tags.deny) == 0 with input as q.question

test_missing_tags_are_named_together if {
	denials := required_tags.deny with input as q.set(tagged, {"team": "shop"})
	{d.message | some d in denials} == {"Missing or empty: cost_center, environment, product."}
}

test_empty_value_counts_as_missing if {
	count(required_tags.deny) == 1 with input as q.set(sprintf("%s/team", [tagged]), "  ")
}

test_value_outside_the_allowed_ones_is_denied if {
	denials := required_tags.deny with input as q.set(sprintf("%s/environment", [tagged]), "live")
	some denial in denials
	denial.message == "Tag environment has the value live."
	contains(denial.remedy, "production")
}

test_null_tags_of_a_taggable_resource_are_denied if count(required_tags.deny) == 1 with input as q.set(tagged, null)

test_taggable_type_shown_as_not_taggable_is_denied if {
	count(required_tags.deny) == 1 with input as q.changed([
		{"op": "replace", "path": tagged, "value": null},
		{"op": "replace", "path": "/plan/resources/0/taggable", "value": false},
	])
}

test_tags_known_only_later_are_denied if {
	count(required_tags.deny) == 1 with input as q.set("/plan/resources/0/tags_known", false)
}

test_deleted_resource_needs_no_tags if {
	count(required_tags.deny) == 0 with input as q.changed([
		{"op": "replace", "path": tagged, "value": {}},
		{"op": "replace", "path": "/plan/resources/0/actions", "value": ["delete"]},
	])
}

test_resource_without_actions_counts_as_one_that_stays if {
	count(required_tags.deny) == 1 with input as q.changed([
		{"op": "replace", "path": tagged, "value": {}},
		{"op": "remove", "path": "/plan/resources/0/actions"},
	])
}

test_amount_at_stake_is_the_cost_of_the_resource if {
	denials := required_tags.deny with input as q.set(tagged, {})
	{d.amount | some d in denials} == {"15.82"}
}

test_amount_at_stake_is_unknown_without_an_estimate if {
	denials := required_tags.deny with input as q.changed([
		{"op": "replace", "path": tagged, "value": {}},
		{"op": "remove", "path": "/estimate/lines/0"},
	])
	{d.amount | some d in denials} == {null}
}

test_configuration_without_required_tags_is_denied if {
	denials := required_tags.deny with input as q.question with data.finops.config.deployment.tags as {}
	"config" in {d.subject | some d in denials}
}

test_resource_that_is_no_object_is_denied if count(required_tags.deny) == 2 with input as q.set("/plan/resources/0", "x")
