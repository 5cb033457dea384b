package finops.deployment.rules.idle_schedules_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.idle_schedules

terms := {
	"tag": "schedule", "types": ["aws_instance"], "demanded_in": ["sandbox"], "wanted_in": ["staging"],
	"not_wanted_in": ["production"],
}

elsewhere(environment) := q.set("/environment", environment)

test_production_needs_no_schedule if {
	count(idle_schedules.deny) == 0 with input as q.question with data.finops.config.deployment.schedules as terms
	count(idle_schedules.warn) == 0 with input as q.question with data.finops.config.deployment.schedules as terms
}

test_missing_schedule_is_denied_where_it_is_demanded if {
	denials := idle_schedules.deny with input as elsewhere("sandbox") with data.finops.config.deployment.schedules as terms
	[[d.subject, d.amount] | some d in denials] == [["aws_instance.web", "15.82"]]
}

test_missing_schedule_is_reported_where_it_is_wanted if {
	count(idle_schedules.deny) == 0 with input as elsewhere("staging") with data.finops.config.deployment.schedules as terms
	warnings := idle_schedules.warn with input as elsewhere("staging") with data.finops.config.deployment.schedules as terms
	{w.message | some w in warnings} == {"1 without tag schedule, though nobody uses this environment at night: aws_instance.web."}
}

test_scheduled_resource_and_one_that_goes_pass if {
	every patch in [
		{"op": "add", "path": "/plan/resources/0/tags/schedule", "value": "office-hours"},
		{"op": "replace", "path": "/plan/resources/0/actions", "value": ["delete"]},
	] {
		count(idle_schedules.deny) == 0 with input as json.patch(elsewhere("sandbox"), [patch])
			with data.finops.config.deployment.schedules as terms
	}
}

test_environment_that_is_not_listed_is_denied if {
	count(idle_schedules.deny) == 1 with input as elsewhere("elsewhere") with data.finops.config.deployment.schedules as terms
	count(idle_schedules.deny) == 1 with input as q.without("/environment") with data.finops.config.deployment.schedules as terms
}

test_missing_configuration_denies if {
	count(idle_schedules.deny) == 2 with input as q.question with data.finops.config.deployment.schedules as {}
}
