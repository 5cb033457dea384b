package finops.deployment.rules.machines_allowed_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.machines_allowed

type := "/plan/resources/0/attributes/instance_type"

in_sandbox(kind) := q.changed([
	{"op": "replace", "path": "/environment", "value": "sandbox"},
	{"op": "replace", "path": type, "value": kind},
])

test_allowed_machine_passes if count(machines_allowed.deny) == 0 with input as q.question

test_sizes_are_allowed_by_environment if {
	count(machines_allowed.deny) == 0 with input as q.set(type, "m7i.24xlarge")
	denials := machines_allowed.deny with input as in_sandbox("m7i.24xlarge")
	[[d.message, d.amount, d.waivable] | some d in denials] == [[
		"Environment sandbox does not allow machine type m7i.24xlarge.", "15.82", true,
	]]
	count(machines_allowed.deny) == 0 with input as in_sandbox("t3.small")
}

test_environment_without_patterns_allows_no_machine if {
	count(machines_allowed.deny) == 1 with input as q.set("/environment", "elsewhere")
}

test_machine_that_is_not_known_is_denied if {
	every input_ in [q.without(type), q.set(type, null), q.without("/plan/resources/0/attributes")] {
		denials := machines_allowed.deny with input as input_
		some denial in denials
		contains(denial.message, "not known")
	}
}

test_missing_configuration_denies if {
	count(machines_allowed.deny) == 1 with input as q.question with data.finops.config.deployment.machines as {}
}

test_patterns_of_all_clouds_know_small_machines if {
	every kind in [
		"db.t3.medium", "cache.m5.large", "db.serverless", "Standard_D2s_v5", "Standard_B2ms", "e2-micro",
		"n2-standard-4", "e2-custom-2-3072", "db-custom-4-16384", "db-f1-micro",
	] {
		count(machines_allowed.deny) == 0 with input as in_sandbox(kind)
	}
	every kind in ["x", "m5.16xlarge", "m5.metal", "Standard_D64s_v5", "n2-standard-64", "e2-custom-64-3072"] {
		count(machines_allowed.deny) == 1 with input as in_sandbox(kind)
	}
}
