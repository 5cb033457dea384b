package finops.deployment.rules.machines_current_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.machines_current

type := "/plan/resources/0/attributes/instance_type"

test_current_machine_passes if count(machines_current.deny) == 0 with input as q.question

test_previous_generation_is_denied_in_production if {
	denials := machines_current.deny with input as q.set(type, "m3.large")
	{d.message | some d in denials} == {"Machine type m3.large is of a previous generation."}
}

test_previous_generation_is_reported_elsewhere if {
	input_ := q.changed([
		{"op": "replace", "path": "/environment", "value": "staging"},
		{"op": "replace", "path": type, "value": "m3.large"},
	])
	count(machines_current.deny) == 0 with input as input_
	count(machines_current.warn) == 1 with input as input_
}

test_environment_that_is_not_known_denies if {
	count(machines_current.deny) == 1 with input as q.changed([
		{"op": "remove", "path": "/environment"},
		{"op": "replace", "path": type, "value": "m3.large"},
	])
}

test_missing_configuration_denies if {
	count(machines_current.deny) == 1 with input as q.question with data.finops.config.deployment.machines.previous_generation as {}
}
