package finops.deployment.rules.log_retention_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.log_retention

group(attributes) := q.changed([{"op": "add", "path": "/plan/resources/-", "value": object.union(
	{"address": "aws_cloudwatch_log_group.web", "type": "aws_cloudwatch_log_group", "actions": ["create"]},
	attributes,
)}])

kept(days) := group({"attributes": {"retention_in_days": days}})

message(input_) := text if {
	denials := log_retention.deny with input as input_
	[text] := [d.message | some d in denials]
}

test_plan_without_logs_passes if count(log_retention.deny) == 0 with input as q.question

test_logs_kept_as_long_as_allowed_pass if {
	count(log_retention.deny) == 0 with input as kept("1")
	count(log_retention.deny) == 0 with input as kept("400")
}

test_logs_kept_longer_or_for_ever_are_denied if {
	message(kept("401")) == "The logs are kept for 401 days; environment production allows 400 days."
	every input_ in [kept("0"), group({"attributes": {}})] {
		contains(message(input_), "kept for ever")
	}
}

test_retention_that_is_not_known_is_denied if {
	every input_ in [kept(null), kept("long"), group({})] {
		contains(message(input_), "a time that is not known")
	}
}

test_logs_that_go_may_have_been_kept_for_ever if {
	count(log_retention.deny) == 0 with input as group({"actions": ["delete"], "attributes": {}})
}

test_missing_configuration_denies if {
	count(log_retention.deny) == 1 with input as q.question with data.finops.config.deployment.logs as {}
	denials := log_retention.deny with input as json.patch(kept("1"), [{"op": "replace", "path": "/environment", "value": "elsewhere"}])
	some denial in denials
	contains(denial.message, "not configured")
}
