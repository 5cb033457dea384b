package finops.deployment.rules.regions_allowed_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.regions_allowed

region := "/plan/resources/0/region"

test_allowed_regions_pass if count(regions_allowed.deny) == 0 with input as q.question

test_region_that_is_not_allowed_is_denied_and_can_be_waived if {
	denials := regions_allowed.deny with input as q.set(region, "ap-southeast-2")
	[[d.message, d.waivable, d.amount] | some d in denials] == [[
		"Environment production does not allow region ap-southeast-2.", true, "15.82",
	]]
}

test_region_that_is_not_known_is_denied_with_its_own_remedy if {
	denials := regions_allowed.deny with input as q.set(region, "unknown")
	some denial in denials
	contains(denial.remedy, "provider")
	count(denials) == 1
}

test_free_resource_needs_no_region_but_is_in_none_that_is_not_allowed if {
	attachment := "/plan/resources/1/region"
	count(regions_allowed.deny) == 0 with input as q.set(attachment, "unknown")
	count(regions_allowed.deny) == 1 with input as q.set(attachment, "ap-southeast-2")
	count(regions_allowed.deny) == 1 with input as q.without(attachment)
	count(regions_allowed.deny) == 1 with input as q.changed([
		{"op": "replace", "path": attachment, "value": "unknown"},
		{"op": "replace", "path": "/estimate/lines/1/monthly_after", "value": "0.01"},
	])
}

test_region_that_only_the_caller_states_is_reported if {
	stated := [{"provider": "aws", "region": "us-east-1", "resources": 2}]
	found := regions_allowed.warn with input as q.changed([{"op": "add", "path": "/plan/stated_regions", "value": stated}])
	{f.message | some f in found} == {"The plan tells no region of 2 resources of aws; the caller states us-east-1."}
	count(regions_allowed.warn) == 0 with input as q.question
}

test_missing_region_or_environment_is_denied if {
	count(regions_allowed.deny) == 1 with input as q.without(region)
	count(regions_allowed.deny) == 2 with input as q.set("/environment", "elsewhere")
}

test_what_leaves_or_has_no_place_may_be_anywhere if {
	every patch in [
		{"op": "replace", "path": "/plan/resources/0/actions", "value": ["delete"]},
		{"op": "replace", "path": "/plan/resources/0/type", "value": "terraform_data"},
		{"op": "replace", "path": "/plan/resources/0/type", "value": "kubernetes_namespace_v1"},
		{"op": "replace", "path": "/plan/resources/0/type", "value": "google_project_iam_member"},
	] {
		count(regions_allowed.deny) == 0 with input as q.changed([patch, {"op": "replace", "path": region, "value": "unknown"}])
	}
}
