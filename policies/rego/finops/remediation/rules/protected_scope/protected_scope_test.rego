package finops.remediation.rules.protected_scope_test

import data.finops.remediation.question_test as q
import data.finops.remediation.rules.protected_scope

test_open_resource_passes if count(protected_scope.deny) == 0 with input as q.question

test_protecting_tag_is_respected_whatever_its_spelling if {
	every tags in [
		{"protected": "yes"},
		{"user:Do-Not-Delete": "true"},
		{"Do Not Delete": "yes"},
		{"DoNotDelete": "yes"},
		{"tollgate-protected": "true"},
		{"Tollgate/Protected": "true"},
		{"Keep": ""},
		{"keep": 1},
	] {
		count(protected_scope.deny) == 1 with input as q.set("/resource/tags", tags)
	}
}

test_protecting_tag_that_says_no_does_not_protect if {
	count(protected_scope.deny) == 0 with input as q.set("/resource/tags", {"protected": "False"})
	count(protected_scope.deny) == 0 with input as q.set("/resource/tags", {"protected": " No. "})
}

test_tags_that_are_not_known_are_denied if {
	count(protected_scope.deny) == 1 with input as q.without("/resource/tags")
	count(protected_scope.deny) == 1 with input as q.question with data.finops.config.remediation.protected.tags as null
}

test_protected_account_is_denied if {
	count(protected_scope.deny) == 1 with input as q.question
		with data.finops.config.remediation.protected.accounts as ["111111111111"]
}

test_account_that_is_not_known_is_denied if {
	count(protected_scope.deny) == 1 with input as q.without("/resource/account_id")
	count(protected_scope.deny) == 1 with input as q.question with data.finops.config.remediation.protected.accounts as null
}

test_resource_owned_by_code_gets_a_pull_request if {
	denials := protected_scope.deny with input as q.set("/resource/managed_by", "terraform")
	some denial in denials
	contains(denial.remedy, "pull request")
}

test_resource_managed_by_hand_passes if {
	count(protected_scope.deny) == 0 with input as q.set("/resource/managed_by", "console")
}

test_manager_that_is_not_said_is_denied if count(protected_scope.deny) == 1 with input as q.without("/resource/managed_by")

test_environment_that_is_not_known_is_denied if {
	count(protected_scope.deny) == 1 with input as q.set("/resource/environment", null)
	count(protected_scope.deny) == 1 with input as q.set("/resource/environment", "elsewhere")
}

test_resource_of_nobody_is_denied if count(protected_scope.deny) == 1 with input as q.set("/resource/owner", null)
