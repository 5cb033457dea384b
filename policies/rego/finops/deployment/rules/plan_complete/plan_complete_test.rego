package finops.deployment.rules.plan_complete_test

import data.finops.deployment.question_test as q
import data.finops.deployment.rules.plan_complete

test_whole_plan_passes if count(plan_complete.deny) == 0 with input as q.question

test_errored_plan_is_denied if count(plan_complete.deny) == 1 with input as q.set("/plan/errored", true)

test_plan_that_does_not_say_whether_it_failed_is_denied if {
	count(plan_complete.deny) == 1 with input as q.without("/plan/errored")
}

test_partial_plan_is_denied if count(plan_complete.deny) == 1 with input as q.set("/plan/complete", false)

test_text_is_not_taken_for_true if count(plan_complete.deny) == 1 with input as q.set("/plan/complete", "true")

test_plan_that_cannot_say_whether_it_is_whole_is_reported if {
	every name in ["complete", "errored"] {
		question := q.changed([{"op": "add", "path": "/plan/not_stated", "value": [name]}])
		count(plan_complete.warn) == 1 with input as question
		count(plan_complete.deny) == 0 with input as question
	}
	count(plan_complete.warn) == 0 with input as q.question
}

test_resource_that_does_not_describe_itself_is_denied if {
	every field in ["address", "type", "provider", "region", "actions", "taggable", "tags", "tags_known"] {
		count(plan_complete.deny) == 1 with input as q.without(sprintf("/plan/resources/0/%s", [field]))
	}
	every actions in [[], ["bless"], "create"] {
		count(plan_complete.deny) == 1 with input as q.set("/plan/resources/0/actions", actions)
	}
}

test_change_of_nobody_is_denied if count(plan_complete.deny) == 1 with input as q.without("/git/actor")

test_plan_without_resources_is_denied if count(plan_complete.deny) == 1 with input as q.without("/plan/resources")
